# The texts of the console, in English. The format is Project Fluent's (projectfluent.org/fluent/guide).
#
# Keys are `<where>-<what>`, sorted by where. Labels are short, in sentence case, without a full stop.
# A number in a text is written with the separators below.

## Numbers and dates

number-group = ,
number-decimal = .
number-minus = −
number-none = –
# Patterns of strftime.
date-day = %-d %b
date-day-year = %-d %b %Y

## About

about-address = Address
about-broker = Broker
about-console = Emp-Mix console
about-copy = Copy these details
about-durability = A 200 means
about-licence = Licence
about-protocol = Protocol
about-roles = Roles
about-sidecar = Sidecar
about-sidecar-missing = The sidecar has not answered yet
about-sidecar-protocol = Its protocol
about-store = Store
about-title = About
about-uptime = Runs for
about-version = Version
about-warning = Warning

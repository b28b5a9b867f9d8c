# The texts of the console, in English. The format is Project Fluent's (projectfluent.org/fluent/guide).
#
# Keys are `<where>-<what>`, sorted by where. Labels are short, in sentence case, without a full stop.
# A number in a text is written with the separators below. Some texts have a variant for each name of
# something (`week`, `sum`, `is-not`); the name itself is never shown.

## Numbers, dates and durations

# Patterns of strftime; the names of months and days are English.
date-day = %-d %b
date-day-year = %-d %b %Y
date-day-year-seconds-zone = %-d %b %Y, %H:%M:%S %Z
date-minutes = %H:%M
date-month = %b %Y
date-month-long = %B %Y
date-month-short = %b %y
date-quarter = Q%q %Y
date-quarter-short = Q%q %y
date-seconds = %H:%M:%S
date-week = Week of %-d %b %Y
date-weekday = %a %-d %b %Y
date-weekday-long = %A
date-weekday-minutes = %a %-d %b %Y, %H:%M
date-weekday-short = %a
date-year = %Y
# A time that is there twice, since the clock was put back: the offset is `+02:00`.
date-with-offset = { $time } { $offset }
number-group = ,
number-decimal = .
number-minus = −
number-none = –
# After a short number: 12.4k.
number-thousand = k
number-million = M
number-billion = B
number-trillion = T
span-days =
    { $number ->
        [one] { $number } day
       *[other] { $number } days
    }
span-hours = { $number } h
span-milliseconds = { $number } ms
span-minutes = { $number } min
span-seconds = { $number } s

## About

about-address = Address
about-broker = Broker
about-console = Emp-Mix console
about-copy = Copy these details
about-durability = Durability
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

## Addresses: what of a link cannot be opened

address-module-unknown = This link leads to a page that this release does not have. Update Emp-Mix to open it.
address-project-missing = The project of this link does not exist on this sidecar. Open the link where it was copied.
address-report-cut = The report in this link cannot be read: a part of the link may be missing. Copy it again.
address-report-format = The report in this link has the format { $version }, which this release does not know. Update Emp-Mix to open it.
address-report-unknown = The report in this link asks for something that this release does not know. Update Emp-Mix to open it. ({ $error })
address-report-without-controls = The report in this link has parts that this console has no controls for. Ask it with the query API.

## Backend: why there is no answer

backend-answer-unreadable = the answer could not be read: { $error }
backend-no-answer = The sidecar does not answer
backend-shell-unreadable = the shell's answer could not be read: { $error }
backend-signed-out = This page is not signed in
backend-status = The sidecar answered with status { $status }
backend-stream-ended = The sidecar ended the live stream
backend-unreachable = The sidecar cannot be reached

## Chrome: what is around the modules

chrome-connecting = Connecting…
chrome-fold = Fold the navigation
chrome-local = Local sidecar
chrome-local-port = Local sidecar · { $port }
chrome-not-connected = Not connected
chrome-palette = Palette
chrome-palette-list = Commands
chrome-palette-nothing = Nothing matches
chrome-product = Emp-Mix
chrome-project = Project
chrome-project-new = New project…
chrome-project-none = No such project
chrome-search = Search or run a command
chrome-shortcuts = Shortcuts
chrome-shortcuts-close = Close
chrome-sidecar = Emp-Mix { $version } · { $address }
chrome-sidecar-parts = Store: { $store } · broker: { $broker }
chrome-sign-in = Sign in with a link
chrome-sign-in-command = Command that prints a link
chrome-sign-in-copy = Copy the command
chrome-sign-in-hint = A link is valid for one sign-in, for ten minutes. Print a new one on the machine that runs the sidecar, and open it here.
chrome-theme = Switch between dark and light
chrome-try-again = Try again now
chrome-trying = Trying again
chrome-trying-in = Trying again in { $seconds } s
# What a screen reader says of the place that takes the keys.
chrome-typing = Text that you type
chrome-unfold = Unfold the navigation

## Commands, in the palette and on the sheet of shortcuts

command-close = Close the open panel
command-copy-key = Copy the public key
command-copy-link = Copy a link to this page
command-filter = Filter
command-go = Go to { $module }
command-keys-ctrl = Ctrl { $key }
command-keys-ctrl-shift = Ctrl Shift { $key }
command-keys-escape = Esc
command-keys-space = Space
command-navigation = Fold or unfold the navigation
command-open-project = Open project { $project }
command-pause = Pause or resume Live
command-redo = Redo the change
command-refresh = Refresh the answer
command-search = Search or run a command
command-shortcuts = All shortcuts
command-system-theme = Use the system's theme
command-toggle-theme = Switch between dark and light
command-undo = Undo the last change

## Copying: the notice, and what was copied

copied = Copied { $what }
copied-not = This browser does not let the console copy { $what }
copied-command = the command
copied-csv = the table as CSV
copied-details = the details
copied-event = the event
copied-json = the answer as JSON
copied-link = the link
copied-pipeline = the pipeline
copied-project-id = the project id
copied-public-key = the public key
copied-secret-key = the secret key
copied-snippet = the snippet

## First run: a project without events

first-run-cancel = Cancel
first-run-copy = Copy
first-run-demo = Open the demo shop
first-run-hint = It appears here a moment after your app sends it.
first-run-load = Load sample data
first-run-loading = Loading sample data
first-run-percent = { $percent } %
first-run-platform = Platform
first-run-received = { $count } received
first-run-snippet = Snippet
first-run-stopped = Loading stopped
first-run-title = Send your first event
# The sidecar's address follows.
first-run-waiting = Waiting for events on

## Insights

# In the place of a property that is still missing: `The sum of a property`.
insights-a-property = a property
insights-actions-of = Actions of series { $series }
insights-add-filter = + Add filter
insights-add-filter-to-series = + Filter
insights-add-series = + Add series
insights-all-events = All events
insights-and = { $first } and { $second }
insights-breakdown = Break down by
insights-choose-property = Choose a property
# A filter in the sentence that explains the question.
insights-condition =
    { $operator ->
        [is] { $property } is { $values }
        [is_not] { $property } is not { $values }
        [contains] { $property } contains { $values }
        [set] { $property } is set
        [not_set] { $property } is not set
        [eq] { $property } = { $values }
        [gt] { $property } > { $values }
       *[lt] { $property } < { $values }
    }
# The event's name as a property.
insights-condition-event = event
insights-duplicate = Duplicate
insights-duplicate-series = Duplicate series { $series }
insights-event-of = Event of series { $series }
insights-filters = Filters
insights-fold = Fold the query
insights-headline = { $measure } · { $event }
insights-how = How this is computed.
insights-line = { $series } · { $name }
insights-measure =
    { $measure ->
        [total] total events
        [unique] unique users
        [sum] sum of { $property }
       *[average] average of { $property }
    }
insights-measure-average = Average of…
insights-measure-of = Measure of series { $series }
insights-measure-sum = Sum of…
insights-measure-total = Total events
insights-measure-unique = Unique users
insights-missing = Choose a numeric property to continue
insights-no-event = No such event
insights-no-numeric = No numeric properties
insights-or = { $first } or { $second }
# What a filter is added to.
insights-part = series { $series }
insights-property-of = Property of series { $series }
insights-redo = Redo
insights-remove = Remove
insights-remove-series = Remove series { $series }
# Explains how the answer is computed. `$events` says whether `$event` is the name of one, `$breakdown`
# whether `$by` is a property, `$filtered` whether there are `$conditions`; `$series` is how many series
# there are, and `$last` the letter of the last one.
insights-sentence =
    { $measure ->
        [total] All { $events ->
            [all] events
           *[named] { $event } events
        }
        [unique] Distinct users with at least one { $events ->
            [all] event
           *[named] { $event } event
        }
        [sum] The sum of { $property } over all { $events ->
            [all] events
           *[named] { $event } events
        }
       *[average] The mean of { $property } over all { $events ->
            [all] events
           *[named] { $event } events
        }
    } { $width ->
        [minute] in each minute
        [hour] in each hour
        [day] in each day
        [week] in each week
        [month] in each month
        [quarter] in each quarter
       *[year] in each year
    }{ $breakdown ->
        [none] { "" }
        [event] , by the event's name
       *[property] , by the event's { $by }
    }{ $filtered ->
        [no] { "" }
       *[yes] , where { $conditions }
    }. { $measure ->
        [total] Each event counts once, in the bucket of its own time.
        [unique] { $breakdown ->
            [none] The headline counts a user once over the whole range.
           *[property] A user with two values counts in both.
        }
       *[sum] Events without a numeric value are left out.
    }{ $series ->
        [1] { "" }
        [2] { " " }Series B is computed the same way.
       *[other] { " " }Series B to { $last } are computed the same way.
    }
insights-series = Series
insights-series-label = { $event }, { $measure }
insights-title = Insights
insights-undo = Undo

## Live

live-all-events = All events
live-altered = { $altered } altered
live-clear-filter = Clear the filter
live-close = Close
live-column-event = Event
live-column-properties = Properties
live-column-time = Time ({ $zone })
live-column-user = User
live-connecting = Connecting…
live-copy = Copy
live-empty = Events appear here as they arrive
live-empty-hint = The newest first, with refused events and the reason.
live-event = Event
live-event-dropped = This event is no longer in the list. It is still stored
live-events = Events
live-filter = Filter
live-filter-hint = Filter by event, user or property
live-json = Event as JSON
live-loading = Loading
live-missed =
    { $count ->
        [one] 1 event is not shown here because it arrived too fast for this window. It is stored
       *[other] { $count } events are not shown here because they arrived too fast for this window. All are stored
    }
live-no-match = No event matches the filter
live-no-properties = No properties
live-not-connected = Not connected
live-pause = Pause
live-paused = Paused · { $count } new
# More than this window keeps.
live-paused-full = Paused · { $count }+ new
live-rate = { $rate } / s
live-received = Received
live-received-after = { $span } after it happened
live-refusal = { $kind } · { $when }
live-refusal-bytes = What was sent
live-refusal-future-time = future time
live-refusal-id-conflict = id conflict
live-refusal-link-refused = link refused
live-refusal-number-as-text = number as text
live-refusal-old-time = old time
live-refusal-refused = refused
live-refusal-string-cut = string cut
live-refused = { $refused } refused
live-refused-and-altered = { $refused } refused, { $altered } altered
live-refused-show = Show
live-refused-show-name = Show what was refused
live-refused-title = Refused and altered
live-resume = Resume
live-row = { $time } { $event } { $user }
# The time of a row where the day changes.
live-row-time = { $day } { $time }
live-send-first = Send your first event
live-tab-json = JSON
live-tab-properties = Properties
live-tabs = Details
live-time = Time
live-title = Live
live-trying-in = Trying again in { $seconds } s
live-user = User
live-user-filter = Show only this user

## Modules

module-about = About
module-insights = Insights
module-live = Live
module-settings = Settings

## Reports: what every report shares

report-breakdown = Break down by
report-breakdown-add = Add breakdown
report-breakdown-add-label = + Add breakdown
report-breakdown-remove = Remove breakdown
report-breakdown-top = top { $count }
report-breakdown-values =
    { $count ->
        [one] { $count } value
       *[other] { $count } values
    }
report-calendar-month-after = Month after
report-calendar-month-before = Month before
report-calendar-year-after = Year after
report-calendar-year-before = Year before
report-cancel = Cancel
report-chart-empty = No events match in this range
report-copy-csv = Copy CSV
report-copy-details = Copy details
report-copy-json = Copy JSON
report-copy-link = Copy link
report-engine-local = local engine
report-engine-mongodb = MongoDB
report-error-access = The sidecar refused access
report-error-access-advice = Open the console again with the link that the sidecar printed.
# For a bug report.
report-error-details =
    { $code }
    path: { $path }
    { $message }
report-error-disconnected = The sidecar does not answer
report-error-disconnected-advice = The console retries automatically. Check that the sidecar is running.
report-error-other = The answer could not be computed
report-error-other-advice = Try again. If it keeps failing, copy the details into a bug report.
report-error-project = This project no longer exists
report-error-project-advice = Choose another project at the top.
report-error-query = This query cannot be answered
report-error-query-advice = Change the part that the message names, or undo the last change.
report-error-store = The store cannot be reached
report-error-store-advice = No events are lost: they wait in the queue. Check the store and try again.
report-filter-add = Add filter
report-filter-add-to = Add filter to { $part }
report-filter-choose = Choose…
report-filter-comparison = Comparison of filter { $number }
report-filter-missing = Also matches events without { $property }
report-filter-property = Property of filter { $number }
report-filter-remove = Remove filter { $number }
report-filter-type-number = Type a number
report-filter-type-value = Type a value
report-filter-value = Value of filter { $number }
report-footer-rows =
    { $count ->
        [one] { $count } row scanned
       *[other] { $count } rows scanned
    }
# A number and what it counts.
report-headline = { $number } { $what }
report-kind = Kind of chart
report-kind-bar = Bar
report-kind-line = Line
report-kind-table = Table
report-legend-all = All lines
report-legend-hint =
    { $name }
    Click to hide or show, double-click to show only this line
report-legend-lines = { $count } lines
report-legend-others =
    { $count ->
        [one] + { $count } other
       *[other] + { $count } others
    }
report-legend-others-name = All lines, { $others }
# Between the values of a filter, and between the cells of a row that is read out.
report-list-separator = ,{ " " }
report-no-property = No such property
report-operator-contains = contains
report-operator-eq = =
report-operator-gt = >
report-operator-is = is
report-operator-is-not = is not
report-operator-lt = <
report-operator-not-set = is not set
report-operator-set = is set
report-pipeline = Pipeline
report-pipeline-close = Close the pipeline
report-pipeline-code = Pipeline or plan
report-pipeline-copy = Copy
report-pipeline-copy-name = Copy the pipeline
report-range = Range
report-range-all = All time
report-range-apply = Show these days
# Between the fields of the first and the last day.
report-range-between = –
report-range-dates = { $from } – { $to }
report-range-from = From
report-range-last =
    Last { $count } { $unit ->
        [minute] minutes
        [hour] hours
        [day] days
        [week] weeks
        [month] months
        [quarter] quarters
       *[year] years
    }
report-range-this-year = This year
report-range-to = To
report-range-twelve-months = 12 months to { $day }
report-reset-zoom = Reset zoom
report-show-pipeline = Show pipeline
report-slow = { $seconds } s so far
report-summary =
    Chart of { $measure }, { $first } to { $last }, { $lines ->
        [1] one line
       *[other] { $lines } lines
    }.
report-summary-empty = Chart of { $measure }: the range is empty
# `none` where no bucket has a value, and where none is complete.
report-summary-line =
    { $name }: total { $total }{ $highest ->
        [none] { "" }
       *[other] , highest { $highest } in { $when }
    }{ $complete ->
        [none] { "" }
       *[other] , last complete { $complete }
    }.
report-summary-more =
    { $count ->
        [one] 1 more line is in the table.
       *[other] { $count } more lines are in the table.
    }
report-table = Values
report-table-average =
    { $width ->
        [minute] Avg a minute
        [hour] Hourly avg
        [day] Daily avg
        [week] Weekly avg
        [month] Monthly avg
        [quarter] Quarterly avg
       *[year] Yearly avg
    }
report-table-incomplete = Incomplete period
report-table-row = { $name }: { $values }
report-table-series = Series
report-table-total = Total
report-tooltip-incomplete = { $title }, incomplete
report-tooltip-more = + { $count } more
report-totals = Bars of totals. { $rows }
report-totals-more = Bars of totals. { $rows }. { $more } more lines are in the table.
report-totals-row = { $name }: { $total }
report-try-again = Try again
report-unfold = Unfold the query
# The values of a breakdown that have no name of their own.
report-value-empty = (empty)
report-value-not-set = (not set)
report-value-others = All others
report-width =
    { $width ->
        [minute] Minute
        [hour] Hour
        [day] Day
        [week] Week
        [month] Month
        [quarter] Quarter
       *[year] Year
    }
report-width-name = Width of a bucket

## Settings

settings-appearance = Appearance
settings-copy = Copy
settings-create = Create project
settings-friday = Friday
settings-hide = Hide
settings-id = Id
settings-id-copy = Copy the project id
settings-keep = Keep it
settings-keys = Keys
settings-make = Make one
settings-monday = Monday
settings-name = Name
settings-new = New project
settings-new-name = Project name
settings-new-name-hint = Web shop
settings-platform = Platform
settings-project = Project
settings-public-key = Public key
settings-public-key-ask-replace = Replace the public key…
settings-public-key-copy = Copy the public key
settings-public-key-replace = Replace the public key
settings-public-key-warning = Apps that use this key cannot send events until they have the new one.
settings-replace = Replace…
settings-saturday = Saturday
settings-secret-key = Secret key
settings-secret-key-ask-replace = Replace the secret key…
settings-secret-key-copy = Copy the secret key
settings-secret-key-hide = Hide the secret key
settings-secret-key-make = Make a secret key
settings-secret-key-none = None yet: needed for imports and server calls
settings-secret-key-once = Copy it now: it is shown only once and stored only as a hash.
settings-secret-key-replace = Replace the secret key
settings-secret-key-shown = Shown once, when it was created
settings-secret-key-warning = Servers that use this key are refused until they have the new one.
settings-send = Send events
settings-snippet = Snippet
settings-snippet-copy = Copy the snippet
settings-sunday = Sunday
settings-theme = Theme
settings-theme-dark = Dark
settings-theme-light = Light
settings-theme-system = System
settings-thursday = Thursday
settings-title = Settings
settings-tuesday = Tuesday
settings-wednesday = Wednesday
settings-week = Week starts on
settings-zone = Time zone

## Snippets: where the code runs

snippet-browser = Browser
snippet-curl = curl
snippet-node = Node

## Widgets

widgets-nothing-matches = Nothing matches
widgets-search = Search
widgets-search-list = Search { $list }
widgets-search-or-type = Search or type a value
widgets-use-typed = Use “{ $typed }”

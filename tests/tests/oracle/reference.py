"""Answers insights questions about the real data set with DuckDB, from the file itself.

argv: the file, the cases as JSON. A case: from, to (dates, both included), granularity, where and
segment (SQL), limit. Prints one answer a case:
{"points": {"<segment>": {"<bucket>": [total, unique, sum, avg]}}, "totals": {"<segment>": [...]}}.
A segment is the JSON text of its value; a bucket is a date and an hour in UTC.
"""

import duckdb
import json
import sys

MEASURES = "count(*), count(distinct u), coalesce(sum(lines_added), 0), avg(lines_added)"


def users(con):
    """Who is who: links in the order of the file; a source that has a link, and a circle, are refused."""
    link = {}

    def end(name):
        while name in link:
            name = link[name]
        return name

    rows = con.execute("select distinct_id, props->>'$.alias' from raw where event = '$create_alias' order by line")
    for destination, source in rows.fetchall():
        if source not in link and end(source) != end(destination):
            link[source] = destination
    con.execute("create table users (d varchar, u varchar)")
    con.executemany("insert into users values (?, ?)", [[name, end(name)] for name in link])


def load(con, path):
    columns = "{event: 'varchar', distinct_id: 'varchar', timestamp: 'bigint', insert_id: 'varchar', properties: 'json'}"
    con.execute(
        f"create table raw as select row_number() over () as line, event, distinct_id, timestamp, insert_id, properties as props "
        f"from read_json('{path}', format='newline_delimited', columns={columns})"
    )
    users(con)
    con.execute(
        """create table ev as
        select event, coalesce(u, distinct_id) as u, make_timestamp(timestamp * 1000) as ts,
            props->>'$.repo' as repo, props->>'$.kind' as kind, props->>'$.tag' as tag,
            (props->>'$.bot')::boolean as bot, (props->>'$.files_changed')::double as files_changed,
            (props->>'$.lines_added')::double as lines_added
        from (select *, row_number() over (partition by distinct_id, insert_id, timestamp // 86400000 order by line) as copy
            from raw where event not like '$%') left join users on d = distinct_id
        where copy = 1"""
    )


def answer(con, case):
    con.execute(
        f"""create or replace temp table seen as
        select *, {case['segment']} as segment from ev
        where ts >= '{case['from']}' and ts < date '{case['to']}' + 1 and ({case['where']})"""
    )
    con.execute(
        f"""create or replace temp table ranked as
        select segment, row_number() over (order by count(*) desc, segment nulls last) as place from seen group by segment"""
    )
    named = f"case when place > {case['limit']} then '\"other\"' when seen.segment is null then 'null' else to_json(seen.segment)::varchar end"
    rows = "seen join ranked on seen.segment is not distinct from ranked.segment"
    points = {}
    bucket = f"strftime(date_trunc('{case['granularity']}', ts), '%Y-%m-%dT%H')"
    for segment, at, *values in con.execute(f"select {named} s, {bucket} b, {MEASURES} from {rows} group by s, b").fetchall():
        points.setdefault(segment, {})[at] = values
    totals = {row[0]: row[1:] for row in con.execute(f"select {named} s, {MEASURES} from {rows} group by s").fetchall()}
    return {"points": points, "totals": totals}


con = duckdb.connect()
load(con, sys.argv[1])
print(json.dumps([answer(con, case) for case in json.loads(sys.argv[2])]))

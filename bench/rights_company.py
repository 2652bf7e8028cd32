"""Makes a demo company one of 2,000 people in 300 departments and 1,000 teams, with a million shares of customers (fewer in
a smaller company): what the rows on rights are measured on. Written past the program, because a million shares by hand
take weeks; deterministic."""
import csv
import json
import pathlib
import random
import sqlite3
import subprocess
import time

PEOPLE, DEPARTMENTS, TEAMS, MEMBERS = 2000, 300, 1000, 8
FIRST_ID = 1_000_000  # below every id that the program makes


class Sqlite:
    def __init__(self, path):
        self.database = sqlite3.connect(path)

    def rows(self, sql):
        cursor = self.database.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor]

    def insert(self, table, columns, rows):
        places = ",".join("?" * len(columns))
        names = ",".join(f'"{name}"' for name in columns)
        self.database.executemany(f'insert into "{table}" ({names}) values ({places})', rows)

    def finish(self):
        self.database.commit()
        self.database.execute("analyze")
        self.database.execute("pragma wal_checkpoint(truncate)")
        self.database.close()


class Postgres:
    def __init__(self, address, folder):
        self.address, self.folder = address, pathlib.Path(folder)

    def psql(self, *commands):
        words = [word for command in commands for word in ("-c", command)]
        return subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.address, *words], check=True, capture_output=True, text=True).stdout

    def rows(self, sql):
        return [json.loads(line) for line in self.psql(f"select row_to_json(one) from ({sql}) one").splitlines()]

    def insert(self, table, columns, rows):
        path = self.folder / "rows.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        names = ",".join(f'"{name}"' for name in columns)
        self.psql(f"\\copy \"{table}\" ({names}) from '{path}' with (format csv)")
        path.unlink()

    def finish(self):
        self.psql("vacuum analyze")


def fill(database, customers, seed):
    """A company that was filled before is taken as it is."""
    count = {table: database.rows(f"select count(*) as n from {table}")[0]["n"] for table in ("employee", "department", "team", "share")}
    if count["share"] >= customers:
        return {"people": count["employee"], "departments": count["department"], "teams": count["team"], "shares": count["share"]}
    chance = random.Random(seed)
    ids = iter(range(FIRST_ID, 2_000_000_000))
    now = int(time.time() * 1000)

    def copies(table, template, count, **changes):
        rows = [[changes[name](i) if name in changes else value for name, value in template.items()] for i in range(count)]
        if rows:
            database.insert(table, list(template), rows)
        return [row[list(template).index("id")] for row in rows]

    departments = [row["id"] for row in database.rows("select id from department where deleted_at is null order by id")]
    template, = database.rows("select * from department where parent is not null and deleted_at is null order by id limit 1")
    parents = list(departments)
    departments += copies("department", template, DEPARTMENTS - len(departments), id=lambda i: next(ids), parent=lambda i: chance.choice(parents),
                          code=lambda i: f"BENCH{i}", name=lambda i: f"部门{i}", head=lambda i: None, deputy=lambda i: None)
    people = [row["id"] for row in database.rows("select id from employee where deleted_at is null order by id")]
    template, = database.rows("select * from employee where deleted_at is null order by id limit 1")
    people += copies("employee", template, PEOPLE - len(people), id=lambda i: next(ids), department=lambda i: chance.choice(departments),
                     number=lambda i: f"BENCH{i}", name=lambda i: f"员工{i}", email=lambda i: None, mobile=lambda i: None, manager=lambda i: None)
    team = {"id": None, "version": 1, "created_at": now, "updated_at": now, "name": None, "code": None, "active": 1}
    teams = copies("team", team, TEAMS, id=lambda i: next(ids), name=lambda i: f"团队{i}", code=lambda i: f"BENCH{i}")
    database.insert("team_members", ["record", "item"], [[one, person] for one in teams for person in chance.sample(people, MEMBERS)])

    known = [(row["id"], row["updated_at"]) for row in database.rows("select id, updated_at from customer where deleted_at is null order by id")]
    seen, rows = set(), []
    while len(rows) < customers:
        kind = chance.choices(["employee", "team", "department"], [60, 35, 5])[0]
        grantee = chance.choice({"employee": people, "team": teams, "department": departments}[kind])
        record, updated = chance.choice(known)
        if (record, grantee) not in seen:
            seen.add((record, grantee))
            until = now + chance.randint(-10**9, 10**9) if chance.random() < .2 else None
            rows.append([next(ids), "customer", record, grantee, kind, int(chance.random() < .3), until, now, updated])
    database.insert("share", ["id", "object", "record", "grantee", "kind", "writes", "until", "created_at", "seen"], rows)
    database.finish()
    return {"people": len(people), "departments": len(departments), "teams": len(teams), "shares": len(rows)}

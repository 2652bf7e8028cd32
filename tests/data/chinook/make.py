#!/usr/bin/env python3
"""Writes employees.csv and customers.csv from Chinook_Sqlite.sqlite (github.com/lerocha/chinook-database, MIT).

usage: make.py Chinook_Sqlite.sqlite
The values are those of the tables; names of people are joined, keys are replaced by the names they stand for.
"""
import csv
import pathlib
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
folder = pathlib.Path(__file__).parent


def write(name, query):
    rows = database.execute(query)
    with open(folder / name, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow([column[0] for column in rows.description])
        writer.writerows(rows)


write("employees.csv", """
    select e.FirstName || ' ' || e.LastName as Name, e.Title, m.FirstName || ' ' || m.LastName as ReportsTo,
           date(e.BirthDate) as BirthDate, date(e.HireDate) as HireDate, e.Address, e.City, e.State, e.Country,
           e.PostalCode, e.Phone, e.Fax, e.Email
      from Employee e left join Employee m on m.EmployeeId = e.ReportsTo order by e.EmployeeId""")
write("customers.csv", """
    select c.FirstName || ' ' || c.LastName as Name, c.Company, c.Address, c.City, c.State, c.Country, c.PostalCode,
           c.Phone, c.Fax, c.Email, e.FirstName || ' ' || e.LastName as SupportRep
      from Customer c left join Employee e on e.EmployeeId = c.SupportRepId order by c.CustomerId""")

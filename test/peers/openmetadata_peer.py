"""Drives OpenMetadata's own Salesforce source over an org and prints what it yields, a line of JSON for each request.

Reads a workflow's `source` from stdin. The proxy and the authority come from HTTPS_PROXY and REQUESTS_CA_BUNDLE, as in
any deployment behind a proxy. The stages are walked in the order of OpenMetadata's topology: database, schema, tables.
In place of an OpenMetadata server stands an empty one: all the source asks of it is which tables it has already.
"""

import json
import sys

from metadata.ingestion.source.database.salesforce.metadata import SalesforceSource


class EmptyServer:
    def es_search_from_fqn(self, **_):
        return []


def say(line):
    print(json.dumps(line), flush=True)


def show(kind, results):
    """Says what came out of a stage; a failure is a line as well."""
    for result in results or []:
        if result.left is not None:
            say({"kind": "failure", "name": result.left.name, "error": result.left.error})
        elif result.right is not None:
            say({"kind": kind, "request": json.loads(result.right.model_dump_json(exclude_none=True))})


def walk(source, service):
    context = source.context.get()
    context.upsert("database_service", service)
    for database in source.get_database_names():
        show("database", source.yield_database(database))
        context.upsert("database", database)
        for schema in source.get_database_schema_names():
            show("databaseSchema", source.yield_database_schema(schema))
            context.upsert("database_schema", schema)
            for table in source.get_tables_name_and_type():
                show("table", source.yield_table(table))
    for failure in source.status.failures:
        say({"kind": "failure", "name": failure.name, "error": failure.error})


def main():
    given = json.load(sys.stdin)
    source = SalesforceSource.create(given, EmptyServer())
    source.prepare()
    walk(source, given["serviceName"])


main()

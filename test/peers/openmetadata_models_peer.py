"""Reads entities from stdin, a line of JSON each, and says which of them OpenMetadata's own models refuse, and why."""

import json
import sys
from collections import Counter

from metadata.generated.schema.api.data.createDatabase import CreateDatabaseRequest
from metadata.generated.schema.api.data.createDatabaseSchema import CreateDatabaseSchemaRequest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.services.createDatabaseService import CreateDatabaseServiceRequest
from pydantic import ValidationError

MODELS = {
    "databaseService": CreateDatabaseServiceRequest,
    "database": CreateDatabaseRequest,
    "databaseSchema": CreateDatabaseSchemaRequest,
    "table": CreateTableRequest,
}


def problem_of(entity):
    try:
        MODELS[entity["type"]].model_validate_json(json.dumps(entity["request"]))
    except ValidationError as error:
        return str(error)[:500]
    return None


def main():
    accepted = Counter()
    refused = []
    for line in sys.stdin:
        entity = json.loads(line)
        problem = problem_of(entity)
        if problem is None:
            accepted[entity["type"]] += 1
        else:
            refused.append({"type": entity["type"], "fqn": entity["fqn"], "problem": problem})
    json.dump({"accepted": accepted, "refused": refused}, sys.stdout)


main()

"""Reads a run's records from stdin, a line of JSON each, and says which of them OpenMetadata's own models refuse, and why."""

import json
import sys
from collections import Counter

from metadata.generated.schema.api.classification.createClassification import CreateClassificationRequest
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.data.createDatabase import CreateDatabaseRequest
from metadata.generated.schema.api.data.createDatabaseSchema import CreateDatabaseSchemaRequest
from metadata.generated.schema.api.data.createStoredProcedure import CreateStoredProcedureRequest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.data.createTableProfile import CreateTableProfileRequest
from metadata.generated.schema.api.services.createDatabaseService import CreateDatabaseServiceRequest
from metadata.generated.schema.entity.data.table import TableData
from metadata.generated.schema.type.entityLineage import LineageDetails
from pydantic import ValidationError

ENTITIES = {
    "databaseService": CreateDatabaseServiceRequest,
    "database": CreateDatabaseRequest,
    "databaseSchema": CreateDatabaseSchemaRequest,
    "table": CreateTableRequest,
    "storedProcedure": CreateStoredProcedureRequest,
}


def without_kind(record):
    return {key: value for key, value in record.items() if key != "kind"}


def subject_of(record):
    """What the record is about, the model it has to fit, and the part of it that has to; no model for what is not sent as such."""
    kind = record["kind"]
    if kind == "entity":
        return record["type"], ENTITIES[record["type"]], record["request"]
    if kind == "classification":
        return kind, CreateClassificationRequest, without_kind(record)
    if kind == "tag":
        return kind, CreateTagRequest, without_kind(record)
    if kind == "lineage":
        return kind, LineageDetails, record.get("details", {})
    if kind == "sampleData":
        return kind, TableData, record["request"]
    if kind == "profile":
        return kind, CreateTableProfileRequest, record["request"]
    return kind, None, None


def problem_of(model, payload):
    try:
        model.model_validate_json(json.dumps(payload))
    except ValidationError as error:
        return str(error)[:500]
    return None


def main():
    accepted = Counter()
    refused = []
    for line in sys.stdin:
        record = json.loads(line)
        name, model, payload = subject_of(record)
        if model is None:
            continue
        problem = problem_of(model, payload)
        if problem is None:
            accepted[name] += 1
        else:
            refused.append({"what": name, "fqn": record.get("fqn"), "problem": problem})
    json.dump({"accepted": accepted, "refused": refused}, sys.stdout)


main()

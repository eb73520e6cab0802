"""Signs in to the sandbox org with simple-salesforce, reads what a metadata extractor reads, and prints it as JSON.

Reads from stdin: {"mode", "username", "password", "securityToken", "organizationId", "consumerKey", "consumerSecret"}.
The proxy and the authority come from HTTPS_PROXY and REQUESTS_CA_BUNDLE, as in any deployment behind a proxy.
"""

import json
import sys

from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError


def sign_in(given):
    if given["mode"] == "token":
        return Salesforce(username=given["username"], password=given["password"], security_token=given["securityToken"], domain="login")
    if given["mode"] == "organization":
        return Salesforce(username=given["username"], password=given["password"], organizationId=given["organizationId"], domain="acme.my")
    return Salesforce(consumer_key=given["consumerKey"], consumer_secret=given["consumerSecret"], domain="acme.my")


def error_of(call):
    try:
        call()
    except SalesforceError as error:
        return {"type": type(error).__name__, "text": str(error)}
    return None


def read(org):
    account = org.Account.describe()
    tooling = org.toolingexecute("query/", params={"q": "SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinitionId = 'Account'"})
    return {
        "instance": org.sf_instance,
        "objects": [sobject["name"] for sobject in org.describe()["sobjects"]],
        "accountFields": len(account["fields"]),
        "accountKeys": sorted(account.keys()),
        "rows": len(org.query_all("SELECT Id, Name, Owner.Name FROM Account")["records"]),
        "counted": org.query("SELECT COUNT() FROM Account")["totalSize"],
        "fieldDefinitions": tooling["size"],
        "limits": org.limits()["DailyApiRequests"]["Max"],
        "organization": org.query("SELECT Id, Name FROM Organization")["records"][0]["Id"],
        "usage": org.api_usage["api-usage"].used,
        "missing": error_of(lambda: org.Nonexistent__c.describe()),
        "malformed": error_of(lambda: org.query("SELECT FROM Account")),
    }


def main():
    given = json.load(sys.stdin)
    try:
        result = read(sign_in(given))
    except SalesforceError as error:
        result = {"refused": getattr(error, "code", type(error).__name__), "text": str(error)}
    json.dump(result, sys.stdout)


main()

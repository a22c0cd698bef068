"""Sample exports of CRM systems, and their lines as rows of an import."""

from pathlib import Path
from zoneinfo import ZoneInfo

from api.files import csv_lines
from api.files.import_map import best_preset
from api.files.mapped_rows import DATE_FIELDS, RowMapper, ValueFormat, detect_date_order, detect_decimal_mark
from workflow.operations.transfer.row import ImportRow
from workflow.rules.errors import InvalidInputError

OWNERS = {"rita rep": "rita@example.com"}
FILES = {
    "salesforce": (
        "Opportunity ID,Opportunity Name,Account Name,Opportunity Owner,Stage,Amount,Amount Currency,"
        "Close Date,Created Date,Type,Lead Source\n"
        '006A,"Pilot, phase 2",Acme,Rita Rep,Closed Won,"12,500.50",USD,1/31/2026,1/5/2026,New Business,Web\n'
        "006B,Rollout,Acme,Rita Rep,Negotiation/Review,,USD,12/15/2026,1/6/2026,Existing Business,\n"
    ),
    "hubspot": (
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,"
        "Deal owner,Associated Company,Deal Type,Closed Lost Reason\n"
        '77,"Pilot, phase 2",Closed Lost,12500.50,2026-01-31 10:20,2026-01-05 09:00,'
        "Rita Rep,Acme,newbusiness,Too expensive\n"
        "78,Rollout,Qualified To Buy,,2026-12-15 00:00,2026-01-06 09:00,Rita Rep,Acme,,\n"
    ),
    "pipedrive": (
        "Deal - ID;Deal - Title;Deal - Organization;Deal - Owner;Deal - Value;Deal - Currency;Deal - Stage;"
        "Deal - Status;Deal - Deal created;Deal - Won time;Deal - Lost time;Deal - Expected close date;"
        "Deal - Lost reason\n"
        "5;Pilot, phase 2;Acme;Rita Rep;12.500,50;EUR;Proposal Made;"
        "Won;05.01.2026 09:00;31.01.2026 10:00;;;\n"
        "6;Rollout;Acme;Rita Rep;;EUR;Contact Made;Open;06.01.2026;;;15.12.2026;\n"
    ),
    "pursuit": (
        "externalId,name,accountName,ownerEmail,state,value,currency,"
        "createdAt,closedOn,expectedCloseDate,winReason\n"
        'a,"Pilot, phase 2",Acme,rita@example.com,WON,12500.50,EUR,'
        "2026-01-05T00:00:00+00:00,2026-01-31,,SPEED\n"
        "b,Rollout,Acme,rita@example.com,LEAD,,EUR,2026-01-06T00:00:00+00:00,,2026-12-15,\n"
    ),
}
"""Two deals in the export of each system: a closed one with the value 12,500.50, and an open one."""


def read_lines(file: Path, text: str, encoding: str = "utf-8", **formats: str) -> list[ImportRow | str]:
    """Return the row of each line by the preset that fits, or the message if it has none."""
    file.write_bytes(text.encode(encoding))
    shape = csv_lines.detect_format(file)
    known = best_preset(shape.header)
    assert known is not None
    values = [
        one
        for ours in DATE_FIELDS
        for one in csv_lines.column_values(file, shape, known.columns_for(shape.header, ours))
    ]
    amounts = csv_lines.column_values(file, shape, known.columns_for(shape.header, "amount"))
    dates = detect_date_order(values, formats.get("dates", "auto"))
    reading = ValueFormat(
        ZoneInfo("UTC"), "EUR", dates, detect_decimal_mark(amounts, formats.get("decimal", "auto")), OWNERS
    )
    reader = RowMapper(known, shape.header, reading)
    return [_meaning(reader, line) for line in csv_lines.lines(file, shape)]


def _meaning(reader: RowMapper, line: csv_lines.CsvLine) -> ImportRow | str:
    try:
        return reader.row(line)
    except InvalidInputError as problem:
        return problem.message

"""Figures as tables of plain values: what CSV, JSON, console and the tables beside charts are written from."""

import csv
import io
from dataclasses import dataclass

Cell = str | int | float | None
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Figure:
    """One table. `headings` name the columns, with their units; None in a cell is missing, which is not zero."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_csv(self) -> str:
        """Return the table as CSV. A text that a spreadsheet would compute is quoted; missing is empty."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([safe(one) for one in self.headings])
        writer.writerows([safe(cell) for cell in row] for row in self.rows)
        return out.getvalue()

    def as_json(self) -> dict[str, object]:
        """Return the table as JSON carries it; missing is null."""
        # rows are lists, since two people may have one name
        rows = [list(row) for row in self.rows]
        return {"name": self.name, "title": self.title, "headings": list(self.headings), "rows": rows}


def safe(cell: Cell) -> Cell:
    """Return the cell so that no spreadsheet takes it for a formula."""
    if isinstance(cell, str) and cell.startswith(_DANGEROUS):
        return f"'{cell}"
    return "" if cell is None else cell

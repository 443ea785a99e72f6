"""The three incidents of the year, in the words of those who told them."""

from hausmeister.console.demo.incident import Story

STORIES = (
    Story(
        "billing_cycles was built with no rows",
        "Please do not use billing_cycles of today: it is empty. Yesterday's is right. More within the hour.",
        "It read an export that was not finished. Stopped what depends on it.",
        "itaipu 4811: waits for the export's last file",
        "billing_cycles of today is there, with all rows.",
        "built it again once the export was whole",
        "Refuse a dataset that is built with 0 rows",
        review="The export is written in parts and its first part is empty. We read it as soon as it was there; now we"
        " wait for its last. Found by a client after forty minutes; a check finds it from now on.",
    ),
    Story(
        "positions was built with no rows",
        "Please do not use positions of today: it is empty. We are building it again; more within the hour.",
        "The market was closed; 0 rows came and the check let them through.",
        "checks 230: 0 rows stop the run",
        "positions of today is there. On days without trade it keeps the rows of the day before.",
        "took the rows of the day before",
        "Know the days on which a market is closed",
        review="A day without trade has no rows, and no rows looked like a fault of ours. The calendar of the markets"
        " is read now, and the rows of the day before stay.",
    ),
    Story(),
)

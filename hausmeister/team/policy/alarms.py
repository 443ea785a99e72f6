"""The part of a policy that says which posts of bots in the alarms channel become alerts (H14, H16)."""

from dataclasses import dataclass

from hausmeister.team.policy.toml_table import Table


@dataclass(frozen=True)
class AlarmRule:
    """A post that holds all of `says`, by a bot called `bot` ("" for any), becomes an alert with this severity."""

    name: str
    says: tuple[str, ...]
    bot: str = ""
    severity: str = ""

    def fits(self, *, bot: str, text: str) -> bool:
        """Say whether a post is meant; case does not count."""
        read = text.casefold()
        return (not self.bot or self.bot.casefold() == bot.casefold()) and all(
            one.casefold() in read for one in self.says
        )


def alarm_rules(root: Table) -> tuple[AlarmRule, ...]:
    """Read the rules; a policy written before there were any has none."""
    if not root.has("alarms"):
        return ()
    table = root.table("alarms")
    rules = tuple(_rule(one) for one in table.tables("rules"))
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        table.complain("rules", "two rules of one name", "a name of its own for each rule")
    table.done(("rules",))
    return rules


def _rule(table: Table) -> AlarmRule:
    rule = AlarmRule(
        name=table.text("name", most=60),
        says=tuple(one.strip() for one in table.texts("says")) if table.has("says") else (),
        bot=table.text("bot", most=120) if table.has("bot") else "",
        severity=table.text("severity", most=40) if table.has("severity") else "",
    )
    if not all(rule.says) or not (rule.says or rule.bot):
        table.complain("says", repr(list(rule.says)), 'words that the post must hold, or a bot, such as ["CRITICAL"]')
    table.done(("name", "says", "bot", "severity"))
    return rule

"""Plans without a solver: drawn week by week from a seed, as people who plan by hand do it."""

import random

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.instance import Instance, Plan, Rule, Slot
from hausmeister.rota.planner.standing import Standing


def drawn(instance: Instance, *, seed: int) -> Plan:
    """Return a plan that keeps every rule in each slot it fills; slots that nobody fits stay empty."""
    chance = random.Random(seed)
    holders: dict[Slot, str] = {}
    reader = Standing(instance, Plan(()))
    duties: dict[int, list[int]] = {place: [] for place in range(len(instance.people))}
    for week in range(instance.weeks):
        for number in (4 * week, 4 * week + 2, 4 * week + 1, 4 * week + 3):
            slot = instance.slots[number]
            partner = holders.get(instance.slots[number ^ 2])
            fits = [
                person
                for person in range(len(instance.people))
                if reader.is_there(person, number)
                and not any(reader.clash(person, own, number) for own in duties[person])
                and (partner is None or reader.backs(number, person, reader.index[partner]))
            ]
            if fits:
                low = sorted(fits, key=lambda one: (len(duties[one]), reader.level[one], chance.random()))
                person = low[min(len(low) - 1, int(chance.expovariate(0.7)))]
                duties[person].append(number)
                holders[slot] = instance.people[person].id
    plan = Plan.of(holders)
    assert {one.rule for one in check(instance, plan)} <= {Rule.R1}
    return plan

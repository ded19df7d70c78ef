"""The derived indexes of the state, kept in step with every change of seats and providers."""

from agents.meals.state import MealDay, MealsState, Provider, Slot


def slot_of(state: MealsState, provider: Provider, date: str, meal: str) -> Slot:
    """The slot, made empty when nothing was known of it."""
    key = (date, meal)
    slot = provider.slots.get(key)
    if slot is None:
        slot = Slot(provider, date, meal)
        provider.slots[key] = slot
        day = state.days.get(key)
        if day is None:
            day = state.days[key] = MealDay()
        day.slots[provider.place_id] = slot
    return slot


def seats_changed(state: MealsState, slot: Slot, free_before: int) -> None:
    """Keep the grid of free providers and the gauge right after the seats of a slot changed."""
    free = slot.free
    if (free > 0) != (free_before > 0) and slot.provider.listed:
        (put_free if free > 0 else take_free)(state, slot)
    state.places_free += (free if free > 0 else 0) - (free_before if free_before > 0 else 0)


def put_free(state: MealsState, slot: Slot) -> None:
    """This provider can be found for the slot."""
    day = state.days[(slot.date, slot.meal)]
    for service, grid in day.free.items():
        if service in slot.provider.services:
            grid.add(slot.provider)


def take_free(state: MealsState, slot: Slot) -> None:
    """This provider can no longer be found for the slot."""
    day = state.days[(slot.date, slot.meal)]
    for service, grid in day.free.items():
        if service in slot.provider.services:
            grid.remove(slot.provider)


def take_out(state: MealsState, provider: Provider) -> None:
    """Before a listed provider moves or changes its services."""
    if not provider.listed:
        return
    state.listed.remove(provider)
    for slot in provider.slots.values():
        if slot.free > 0:
            take_free(state, slot)


def put_in(state: MealsState, provider: Provider) -> None:
    """After a provider was listed anew."""
    state.listed.add(provider)
    for slot in provider.slots.values():
        if slot.free > 0:
            put_free(state, slot)


def drop_slot(state: MealsState, slot: Slot) -> None:
    """Forget a slot that no order holds any more."""
    key = (slot.date, slot.meal)
    if slot.free > 0 and slot.provider.listed:
        take_free(state, slot)
    state.places_free -= max(0, slot.free)
    state.places_total -= slot.total
    del slot.provider.slots[key]
    day = state.days[key]
    del day.slots[slot.provider.place_id]
    day.own_cutoffs -= slot.cutoff_ms is not None
    if not day.slots:
        del state.days[key]

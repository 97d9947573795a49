"""Guards of what may be booked at all: limits, days, hours, capacity; and of the waiting list."""

from typing import Final

from tests.mutate.guards import Guard

BOOKING, LIMITS = "booking/test_booking.py", "booking/test_limits.py"
RELEASE, SLOTS, CALENDAR = (
    "booking/test_release.py",
    "booking/test_slots.py",
    "booking/test_calendar.py",
)
CAPACITY, WAITLIST = "booking/test_capacity.py", "booking/test_waitlist.py"
PAGES, HINTS, NOTICES = (
    "web/citizen/test_real_booking.py",
    "booking/test_availability.py",
    "notify/test_notices.py",
)

RULES: Final = (
    # --- how much one may have ---
    Guard(
        name="limits: one place at a time",
        holds="a person has one appointment at a time",
        file="booking/slots.py",
        text='Want(resource=f"person:{person}", grain=grain, units=(0,))',
        instead='Want(resource=f"person:{person}", grain=grain, units=(0, 1))',
        tests=(f"{BOOKING}::test_one_person_is_in_one_place_at_a_time",),
    ),
    Guard(
        name="limits: three coming appointments",
        holds="a person has three coming appointments at most",
        file="booking/slots.py",
        text="units=tuple(range(ACTIVE_PER_PERSON))",
        instead="units=tuple(range(ACTIVE_PER_PERSON + 1))",
        tests=(f"{BOOKING}::test_one_person_has_three_coming_appointments_at_most",),
    ),
    Guard(
        name="limits: by the week",
        holds="a service with a limit by the week is given that often",
        file="booking/slots.py",
        text="units=tuple(range(service.weekly_per_person)),",
        instead="units=tuple(range(service.weekly_per_person + 1)),",
        tests=(f"{LIMITS}::test_a_service_that_is_limited_by_the_week_is_so",),
    ),
    Guard(
        name="limits: a week is a week",
        holds="Monday to Sunday are counted together",
        file="booking/slots.py",
        text="monday = day_grain(site, day - timedelta(days=day.weekday()))",
        instead="monday = day_grain(site, day)",
        tests=(f"{LIMITS}::test_a_service_that_is_limited_by_the_week_is_so",),
    ),
    Guard(
        name="limits: a company's coming appointments",
        holds="a company has twelve coming appointments at most",
        file="booking/slots.py",
        text="units=tuple(range(ACTIVE_PER_ENTITY))",
        instead="units=tuple(range(ACTIVE_PER_ENTITY + 1))",
        tests=(f"{LIMITS}::test_a_company_has_twelve_coming_appointments_at_most",),
    ),
    Guard(
        name="limits: a company at one time",
        holds="a company sends two at once at most",
        file="booking/slots.py",
        text="units=tuple(range(SENT_AT_ONCE_PER_ENTITY))",
        instead="units=tuple(range(SENT_AT_ONCE_PER_ENTITY + 1))",
        tests=(f"{LIMITS}::test_a_company_sends_two_at_once",),
    ),
    Guard(
        name="limits: a company's appointment keeps its limits",
        holds="what is moved for a company counts for the company where it goes",
        file="booking/sittings.py",
        text="*(slots.of_entity(entity_key, first, grains) if entity_key else ()),",
        instead="",
        tests=(f"{LIMITS}::test_a_company_s_appointment_is_moved_with_its_limits",),
    ),
    Guard(
        name="limits: the quota of a day",
        holds="a department gives so many appointments a day",
        file="booking/slots.py",
        text="            tuple(range(department.daily_quota)),\n",
        instead="            tuple(range(department.daily_quota + 1)),\n",
        tests=(f"{BOOKING}::test_the_day_of_a_department_is_full_after_its_quota",),
    ),
    Guard(
        name="missed: for today only",
        holds="who missed too often books for today only",
        file="booking/store_booking.py",
        text="        _must_not_have_missed(conn, order.person, now)\n    actor",
        instead="        pass\n    actor",
        tests=(f"{LIMITS}::test_who_missed_three_in_ninety_days_books_for_today_only",),
    ),
    Guard(
        name="missed: from the third on",
        holds="three that were missed are too many",
        file="booking/store_booking.py",
        text="if missed >= MISSED_LIMIT:",
        instead="if missed > MISSED_LIMIT:",
        tests=(f"{LIMITS}::test_who_missed_three_in_ninety_days_books_for_today_only",),
    ),
    Guard(
        name="missed: not what was kept",
        holds="only appointments that were missed count",
        file="booking/store_booking.py",
        text="    appointment.c.state == State.NOSHOW,\n",
        instead="",
        tests=(f"{LIMITS}::test_who_missed_three_in_ninety_days_books_for_today_only",),
    ),
    Guard(
        name="missed: for ninety days",
        holds="what was missed longer ago is forgiven",
        file="booking/store_booking.py",
        text='appointment.c.first_grain >= bindparam("since"),',
        instead='appointment.c.first_grain >= bindparam("since") - 1,',
        tests=(f"{LIMITS}::test_who_missed_three_in_ninety_days_books_for_today_only",),
    ),
    Guard(
        name="missed: nobody is marked too early",
        holds="who comes within fifteen minutes did not miss it",
        file="booking/store_visits.py",
        text="if instant_of(row.first_grain) < latest",
        instead="if instant_of(row.first_grain) <= latest",
        tests=(f"{BOOKING}::test_the_sweep_ends_what_is_over",),
    ),
    # --- days and hours ---
    Guard(
        name="release: not before its instant",
        holds="a week that opens at nine is not booked before nine",
        file="booking/slots.py",
        text="return None if min(found) <= now else min(found)",
        instead="return None",
        tests=(f"{RELEASE}::test_a_week_opens_at_its_instant_and_not_before",),
    ),
    Guard(
        name="release: what opens later is not held",
        holds="a hold asks whether the day is open",
        file="booking/slots.py",
        text="    if opens_at(department, day, now) is not None:\n",
        instead="    if not day:\n",
        tests=(f"{RELEASE}::test_a_week_opens_at_its_instant_and_not_before",),
    ),
    Guard(
        name="release: only days that are named",
        holds="a day that no release names is not booked",
        file="booking/slots.py",
        text="    if not found:\n        raise NotReleased(",
        instead="    if not found:\n        return None\n        raise NotReleased(",
        tests=(f"{RELEASE}::test_days_that_no_release_names_are_not_booked",),
    ),
    Guard(
        name="window: thirty days",
        holds="a day beyond the window, or past, is not booked",
        file="booking/slots.py",
        text="if day not in window(department, site, now):",
        instead="if not day:",
        tests=(f"{SLOTS}::test_a_start_must_be_released_open_and_a_slot",),
    ),
    Guard(
        name="window: not in the past",
        holds="a time of today that is past is not booked",
        file="booking/slots.py",
        text="    if start < now:\n",
        instead="    if not day:\n",
        tests=(f"{SLOTS}::test_a_start_must_be_released_open_and_a_slot",),
    ),
    Guard(
        name="window: not in a year nobody announced",
        holds="a year whose calendar is not published releases nothing",
        file="booking/calendar.py",
        text="        if day.year not in self.published_years:\n",
        instead="        if day.year in ():\n",
        tests=(f"{SLOTS}::test_nothing_is_released_in_a_year_nobody_announced",),
    ),
    Guard(
        name="slots: a start must be one",
        holds="only times that are on the list are held",
        file="booking/slots.py",
        text="first not in starts(catalogue, service, site, day)",
        instead="not first",
        tests=(f"{SLOTS}::test_a_start_must_be_released_open_and_a_slot",),
    ),
    Guard(
        name="slots: both are open",
        holds="a slot lies where the department and the site are open together",
        file="booking/slots.py",
        text="common(department.hours.open_on(day), site.hours.open_on(day))",
        instead="department.hours.open_on(day)",
        tests=(f"{SLOTS}::test_the_site_that_never_closes_follows_the_department_alone",),
    ),
    Guard(
        name="closures: of one place",
        holds="a closure counts for more than the calendar",
        file="booking/calendar.py",
        text="            return None if own.openings else (Why.CLOSURE, own.names)\n",
        instead="            pass\n",
        tests=(f"{CALENDAR}::test_a_closure_counts_for_more_than_a_day_that_is_made_up",),
    ),
    Guard(
        name="closures: no year before it is published",
        holds="a closure with hours opens no day of a year nobody announced",
        file="booking/calendar.py",
        text="if own is not None and not unknown:",
        instead="if own is not None:",
        tests=(f"{CALENDAR}::test_an_opening_of_ones_own_opens_no_year_that_nobody_announced",),
    ),
    Guard(
        name="speech: an agent who speaks it",
        holds="who is booked in a language has an agent who speaks it",
        file="booking/catalogue.py",
        text="if speech in named.get(unit, SPEECH)]",
        instead="]",
        tests=("booking/test_sittings.py::test_who_wants_what_is_not_there_keeps_their_hold",),
    ),
    # --- capacity ---
    Guard(
        name="capacity: what is out is not booked",
        holds="nothing is booked on an agent or a terminal that is out of order",
        file="booking/slots.py",
        text="return tuple(unit for unit in units if unit not in out) if out else units",
        instead="return units",
        tests=(f"{CAPACITY}::test_a_unit_that_fails_hands_its_appointments_to_another",),
    ),
    Guard(
        name="capacity: nor handed to what is out",
        holds="an appointment is not handed to another unit that is out of order",
        file="booking/capacity.py",
        text="return frozenset(units) - catalogue.out_at(resource, grain)",
        instead="return frozenset(units)",
        tests=(f"{CAPACITY}::test_who_has_no_unit_left_is_listed_until_they_are_moved",),
    ),
    Guard(
        name="capacity: an outage is a change of the catalogue",
        holds="what was worked out before an outage is worked out again",
        file="booking/store_capacity.py",
        text="    store_catalogue.touch(conn)\n    catalogue =",
        instead="    catalogue =",
        tests=(f"{CAPACITY}::test_a_unit_that_fails_hands_its_appointments_to_another",),
    ),
    Guard(
        name="capacity: who lost a unit is listed",
        holds="an appointment that cannot stay is never silently kept",
        file="booking/capacity.py",
        text="    if not all(fits(catalogue, booked, *one) for one in booked.claims):\n",
        instead="    if not booked:\n",
        tests=(f"{CAPACITY}::test_who_has_no_unit_left_is_listed_until_they_are_moved",),
    ),
    Guard(
        name="capacity: a unit that there is",
        holds="an outage is of a lane or terminal that there is",
        file="booking/store_capacity.py",
        text="if not is_unit(catalogue, order.resource, order.unit):",
        instead="if not catalogue:",
        tests=(f"{CAPACITY}::test_an_outage_of_nothing_is_refused_and_changes_nothing",),
    ),
    # --- hints ---
    Guard(
        name="hints: who was refused sees what is free now",
        holds="a refused hold lets go of the answers that offered it",
        file="booking/service.py",
        text=(
            "                held = await self._store.hold(orders, now)\n"
            "            except CatalogueChanged:\n"
            "                self._catalogue = None\n"
            "            except SlotTaken:\n"
            "                self._answers.wrong()\n"
        ),
        instead=(
            "                held = await self._store.hold(orders, now)\n"
            "            except CatalogueChanged:\n"
            "                self._catalogue = None\n"
            "            except SlotTaken:\n"
        ),
        tests=(f"{PAGES}::test_who_was_refused_sees_at_once_what_is_free_now",),
    ),
    Guard(
        name="hints: what looked too early is not shared",
        holds="who was refused waits for a look that began after it",
        file="booking/availability_service.py",
        text="            if making.begun >= asked:\n",
        instead="            if making:\n",
        tests=(f"{HINTS}::test_who_was_refused_shares_the_next_answer_not_the_one_being_made",),
    ),
    Guard(
        name="hints: what looked too early is not kept",
        holds="an answer that was found wrong while it was made is not kept",
        file="booking/availability_service.py",
        text="if self._freshness.unchanged and wrong == self._wrong:",
        instead="if self._freshness.unchanged:",
        tests=(f"{HINTS}::test_an_answer_that_was_being_made_when_it_was_found_wrong_is_not_kept",),
    ),
    # --- what people are told ---
    Guard(
        name="told: of a visit once",
        holds="a visit to several departments is one letter and one memo",
        file="counter/app/notices.py",
        text="            if TOLD_WITH in body:\n",
        instead="            if not body:\n",
        tests=(f"{NOTICES}::test_a_visit_to_two_departments_is_one_letter_with_both",),
    ),
    Guard(
        name="told: who has come by itself",
        holds="who left after the first part is not told that all is cancelled",
        file="booking/store_rows.py",
        text="    if row.state == State.NOSHOW or row.arrived_at is not None:\n",
        instead="    if row.state == State.NOSHOW:\n",
        tests=(
            "booking/test_sittings.py::test_who_leaves_after_the_first_part_is_told_of_that_alone",
        ),
    ),
    # --- waiting list ---
    Guard(
        name="waiting: what is given back is passed on at once",
        holds="nobody else can ask for a slot between its return and its offer",
        file="booking/store_rows.py",
        text="if into in {State.CANCELLED, State.EXPIRED}:",
        instead="if into in {State.HELD}:",
        tests=(f"{WAITLIST}::test_a_slot_that_is_given_back_is_kept_for_who_waited",),
    ),
    Guard(
        name="waiting: an offer is kept for one alone",
        holds="what is offered is held for fifteen minutes",
        file="booking/store_offers.py",
        text="expires_at=now + OFFER_FOR,",
        instead="expires_at=now,",
        tests=(f"{WAITLIST}::test_a_slot_that_is_given_back_is_kept_for_who_waited",),
    ),
    Guard(
        name="waiting: who waited longest",
        holds="offers are made in order",
        file="booking/store_offers.py",
        text=".order_by(waitlist.c.created_at, waitlist.c.id)",
        instead=".order_by(waitlist.c.created_at.desc(), waitlist.c.id)",
        tests=(
            f"{WAITLIST}::test_who_waited_longest_comes_first_and_what_they_let_go_is_passed_on",
        ),
    ),
    Guard(
        name="waiting: only who still waits",
        holds="who left between the look and the offer is offered nothing",
        file="booking/store_offers.py",
        text=".where(waitlist.c.id == entry_id, waitlist.c.state == WaitState.WAITING)",
        instead=".where(waitlist.c.id == entry_id)",
        tests=(f"{WAITLIST}::test_who_left_after_the_look_is_offered_nothing",),
    ),
    Guard(
        name="waiting: time to answer",
        holds="a slot that begins at once is left to whoever comes",
        file="booking/waitlist.py",
        text="return start >= now + OFFER_FOR",
        instead="return True",
        tests=(f"{WAITLIST}::test_a_slot_that_begins_at_once_is_left_to_whoever_comes",),
    ),
    Guard(
        name="waiting: what was wanted",
        holds="only slots within the time that is waited for are offered",
        file="booking/waitlist.py",
        text="            if holds(wanted, service, grain_of(offer.start)):\n",
        instead="            if wanted:\n",
        tests=(f"{WAITLIST}::test_nobody_waits_for_what_is_free",),
    ),
    Guard(
        name="waiting: what the terminal must have",
        holds="who needs a way without steps is offered a terminal that has one",
        file="booking/store_offers.py",
        text="abilities=frozenset(Ability(one) for one in entry.abilities)",
        instead="abilities=frozenset()",
        tests=(f"{WAITLIST}::test_who_needs_a_terminal_without_steps_is_offered_one",),
    ),
    Guard(
        name="waiting: who can be spoken to",
        holds="who waits in a language is offered an agent who speaks it",
        file="booking/store_offers.py",
        text="speech=entry.speech,",
        instead='speech="yue",',
        tests=(f"{WAITLIST}::test_a_slot_is_offered_to_who_can_be_spoken_to",),
    ),
    Guard(
        name="waiting: three at most",
        holds="a person waits for three things at most",
        file="booking/store_waitlist.py",
        text="if living >= WAITING_PER_PERSON:",
        instead="if living > WAITING_PER_PERSON:",
        tests=(f"{WAITLIST}::test_one_person_waits_for_three_things_at_most",),
    ),
    Guard(
        name="waiting: nobody need wait",
        holds="who could book at once is not put on the list",
        file="booking/store_waitlist.py",
        text="    if free is not None:\n",
        instead="    if free == order:\n",
        tests=(f"{WAITLIST}::test_nobody_waits_for_what_is_free",),
    ),
    Guard(
        name="waiting: who leaves gives back",
        holds="what was offered to who leaves the list is passed on",
        file="booking/store_waitlist.py",
        text="        if row.appointment_id is not None:\n",
        instead="        if row.appointment_id is None:\n",
        tests=(
            f"{WAITLIST}::test_who_waited_longest_comes_first_and_what_they_let_go_is_passed_on",
        ),
    ),
    Guard(
        name="waiting: one entry is told once",
        holds="an entry that was answered does not go back",
        file="booking/store_rows.py",
        text='waitlist.c.appointment_id == bindparam("asked"), waitlist.c.state == "offered"',
        instead='waitlist.c.appointment_id == bindparam("asked"), waitlist.c.id.is_not(None)',
        tests=(
            f"{WAITLIST}::test_who_waited_longest_comes_first_and_what_they_let_go_is_passed_on",
        ),
    ),
)

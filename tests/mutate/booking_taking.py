"""Guards of what is taken: claims, holds, confirmations, moves, cancellations, sittings."""

from typing import Final

from tests.mutate.guards import Guard

BOOKING, LIMITS, MOVING = (
    "booking/test_booking.py",
    "booking/test_limits.py",
    "booking/test_moving.py",
)
SITTINGS, WAITLIST = "booking/test_sittings.py", "booking/test_waitlist.py"
CLAIMS = "booking/test_claims.py"

TAKING: Final = (
    # --- claims ---
    Guard(
        name="claims: not those that others have",
        holds="of units that others have none is tried, and who finds none free hears why",
        file="booking/store_claims.py",
        text="free = [unit for unit in want.units if unit not in others] if others else want.units",
        instead="free = want.units",
        tests=(f"{BOOKING}::test_one_person_is_in_one_place_at_a_time",),
    ),
    Guard(
        name="claims: a unit that was lost is missed",
        holds="who loses a unit between the look and the insert looks again",
        file="booking/store_claims.py",
        text="if want.count > got[_place(want)]",
        instead="if want.count < got[_place(want)]",
        tests=(f"{CLAIMS}::test_a_unit_that_is_lost_after_the_look_is_made_up_for_by_another",),
    ),
    Guard(
        name="claims: the key decides",
        holds="two who reach for one unit do not both have it",
        file="booking/store_claims.py",
        text=".on_conflict_do_nothing()",
        instead=(
            '.on_conflict_do_update(index_elements=["resource", "grain", "unit"],'
            ' set_={"unit": claim.c.unit})'
        ),
        tests=(f"{CLAIMS}::test_the_last_unit_that_is_lost_after_the_look_is_refused",),
    ),
    Guard(
        name="claims: rounds end",
        holds="who loses every time is refused, and does not try for ever",
        file="booking/store_claims.py",
        text='raise SlotTaken("others were faster every time")',
        instead="return",
        tests=(f"{CLAIMS}::test_who_loses_every_round_is_refused",),
    ),
    Guard(
        name="claims: what the details want else is taken back from oneself alone",
        holds="a confirmation that wants something else frees its own claims, nobody else's",
        file="booking/store_claims.py",
        text="claim.c.appointment_id == appointment_id, or_(*shared)",
        instead="or_(*shared)",
        tests=(f"{SITTINGS}::test_who_wants_something_else_gives_back_only_their_own",),
    ),
    Guard(
        name="claims: one gives back one's own",
        holds="an appointment that ends frees its own claims, nobody else's",
        file="booking/store_claims.py",
        text='delete(claim).where(claim.c.appointment_id == bindparam("mine"))',
        instead='delete(claim).where(bindparam("mine").is_not(None))',
        tests=(f"{MOVING}::test_what_is_given_back_is_ones_own",),
    ),
    Guard(
        name="claims: the quota of a day stays used",
        holds="who came, or did not come, counts for the quota of the day",
        file="booking/store_claims.py",
        text="_MINE_BUT_QUOTA if keep_quota else _MINE",
        instead="_MINE",
        tests=(f"{BOOKING}::test_a_citizen_books_comes_and_is_served",),
    ),
    # --- holds that ran out ---
    Guard(
        name="steal: a hold that ran out is not in the way",
        holds="nobody needs a sweep to have come by",
        file="booking/store_claims.py",
        text="if gone is None:",
        instead="if True:",
        tests=(f"{BOOKING}::test_a_hold_that_ran_out_is_not_confirmed_and_its_slot_is_free",),
    ),
    Guard(
        name="steal: only holds that ran out",
        holds="a hold whose minutes are not over is nobody else's",
        file="booking/store_claims.py",
        text='appointment.c.expires_at <= bindparam("now", type_=Instant)',
        instead='bindparam("now", type_=Instant).is_not(None)',
        tests=("booking/test_first.py::test_it_is_the_first_that_the_list_shows",),
    ),
    Guard(
        name="steal: only holds",
        holds="what is booked is nobody else's, however long ago",
        file="booking/store_claims.py",
        text="appointment.c.state == State.HELD, appointment.c.expires_at <=",
        instead="appointment.c.id.is_not(None), appointment.c.created_at <=",
        tests=(f"{BOOKING}::test_the_availability_shows_what_was_taken",),
    ),
    Guard(
        name="steal: what ran out ends first",
        holds="its claims are free before somebody else inserts theirs",
        file="booking/store_claims.py",
        text="    for appointment_id in sorted(ran_out):\n        expire(appointment_id)\n",
        instead="",
        tests=(f"{BOOKING}::test_a_hold_that_ran_out_is_not_confirmed_and_its_slot_is_free",),
    ),
    Guard(
        name="steal: it is shown as free",
        holds="a hold that ran out is not counted as taken",
        file="booking/store_claims.py",
        text="        not_(_GONE),\n",
        instead='        bindparam("now", type_=Instant).is_not(None),\n',
        tests=(f"{BOOKING}::test_a_hold_that_ran_out_is_not_confirmed_and_its_slot_is_free",),
    ),
    # --- hold ---
    Guard(
        name="hold: the catalogue is still the one it was worked out from",
        holds="what an administrator changes holds from the next command on",
        file="booking/store_booking.py",
        text="if version != place.catalogue_version:",
        instead="if version is None:",
        tests=(f"{BOOKING}::test_what_an_administrator_changes_holds_from_the_next_command_on",),
    ),
    Guard(
        name="hold: asked twice, held once",
        holds="the same key of the same person is the same hold",
        file="booking/service.py",
        text="idem=hashlib.sha256(asked.encode()).hexdigest(),",
        instead="idem=made[number][0],",
        tests=(f"{BOOKING}::test_a_repeated_hold_is_the_same_hold",),
    ),
    Guard(
        name="hold: a key is of one person",
        holds="the key of another person is another request",
        file="booking/service.py",
        text='asked = f"{person}\\n{key}" if not number else',
        instead='asked = f"{key}" if not number else',
        tests=(f"{BOOKING}::test_the_same_key_of_two_people_is_two_requests",),
    ),
    Guard(
        name="hold: a key is of one slot",
        holds="a key that was used for another slot is refused",
        file="booking/store_booking.py",
        text="    if not same:\n",
        instead="    if not order:\n",
        tests=(f"{BOOKING}::test_a_repeated_hold_is_the_same_hold",),
    ),
    Guard(
        name="hold: a key whose hold is over",
        holds="a hold that ran out is not answered as if it were one",
        file="booking/store_booking.py",
        text="if state_of(row, now) is not State.HELD:",
        instead="if row.reference_shown is None:",
        tests=(f"{BOOKING}::test_a_repeated_hold_is_the_same_hold",),
    ),
    Guard(
        name="hold: one at a time for a person",
        holds="who picks another time lets the earlier hold go",
        file="booking/store_booking.py",
        text="for earlier in [] if order.offered else _earlier_holds(conn, order.person, mine):",
        instead="for earlier in []:",
        tests=(f"{BOOKING}::test_a_newer_hold_lets_the_earlier_one_of_the_same_person_go",),
    ),
    Guard(
        name="hold: an offer does not end a hold of one's own",
        holds="what the counter offers takes nothing away",
        file="booking/store_booking.py",
        text="[] if order.offered else _earlier_holds",
        instead="_earlier_holds",
        tests=(f"{WAITLIST}::test_an_offer_and_a_hold_of_ones_own_stand_side_by_side",),
    ),
    Guard(
        name="hold: a hold of one's own does not end an offer",
        holds="who tries another time keeps what the waiting list offers them",
        file="booking/store_booking.py",
        text="waitlist.c.state == WaitState.OFFERED, waitlist.c.person_key",
        instead="waitlist.c.state == WaitState.LEFT, waitlist.c.person_key",
        tests=(f"{WAITLIST}::test_an_offer_and_a_hold_of_ones_own_stand_side_by_side",),
    ),
    Guard(
        name="hold: what one lets go is passed on last",
        holds="who keeps their time under another key does not lose it to the waiting list",
        file="booking/store_booking.py",
        text="            let_go.append(by_id(conn, earlier))\n",
        instead="            tell.freed(conn, by_id(conn, earlier), now)\n",
        tests=(
            f"{WAITLIST}::test_who_keeps_a_time_under_another_key_does_not_lose_it_to_the_list",
        ),
    ),
    # --- confirm ---
    Guard(
        name="confirm: not after the hold ran out",
        holds="at the instant at which a hold ends it cannot be confirmed any more",
        file="booking/store_booking.py",
        text='appointment.c.expires_at > bindparam("now", type_=Instant)',
        instead='bindparam("now", type_=Instant).is_not(None)',
        tests=(f"{BOOKING}::test_a_hold_that_ran_out_is_not_confirmed_and_its_slot_is_free",),
    ),
    Guard(
        # The state alone is no guard: `expires_at` is empty in every state but `held`.
        name="confirm: compared and swapped",
        holds="what is not held (any more) does not become booked",
        file="booking/store_booking.py",
        text=(
            "        appointment.c.state == State.HELD,\n"
            '        appointment.c.expires_at > bindparam("now", type_=Instant),\n'
        ),
        instead='        bindparam("now", type_=Instant).is_not(None),\n',
        tests=(f"{BOOKING}::test_a_repeated_confirm_and_cancel_answer_the_same",),
    ),
    Guard(
        name="confirm: the whole sitting",
        holds="one reference confirms every part of a sitting",
        file="booking/store_booking.py",
        text="    for one in parts:\n        booked = ",
        instead="    for one in [row]:\n        booked = ",
        tests=(f"{SITTINGS}::test_one_reference_confirms_and_cancels_all_of_it",),
    ),
    Guard(
        name="confirm: what the details want is taken",
        holds="who says another language at the end has an agent who speaks it, or is refused",
        file="booking/store_booking.py",
        text="        if one.id in retake:\n",
        instead="        if not one.id:\n",
        tests=(f"{SITTINGS}::test_who_wants_something_else_gives_back_only_their_own",),
    ),
    Guard(
        name="confirm: what the details want is of this catalogue",
        holds="what is taken at the end follows from the catalogue of that moment",
        file="booking/store_booking.py",
        text="            _same_catalogue(conn, retake[one.id])\n",
        instead="",
        tests=(f"{SITTINGS}::test_a_confirmation_from_an_older_catalogue_is_worked_out_again",),
    ),
    Guard(
        name="confirm: a company has its limits",
        holds="what is confirmed for a company counts for the company",
        file="booking/store_booking.py",
        text="        if one.id in entity:\n",
        instead="        if not one.id:\n",
        tests=(f"{LIMITS}::test_a_company_sends_two_at_once",),
    ),
    # --- sitting ---
    Guard(
        name="sitting: all or none",
        holds="a part that cannot be had leaves no other part held",
        file="booking/store_booking.py",
        text="    held = [_hold(conn, order, mine, let_go, tell, now) for order in orders]\n",
        instead=(
            "    held = []\n"
            "    for order in orders:\n"
            "        try:\n"
            "            with conn.begin_nested():\n"
            "                held.append(_hold(conn, order, mine, let_go, tell, now))\n"
            "        except Exception:\n"
            "            if not held:\n"
            "                raise\n"
        ),
        tests=(f"{SITTINGS}::test_of_a_sitting_that_does_not_fit_nothing_is_held",),
    ),
    Guard(
        name="sitting: its parts do not end each other",
        holds="the second part is no second thought about the first",
        file="booking/store_booking.py",
        text='appointment.c.id.not_in(bindparam("mine", expanding=True)),',
        instead='appointment.c.site.not_in(bindparam("mine", expanding=True)),',
        tests=(f"{SITTINGS}::test_one_reference_confirms_and_cancels_all_of_it",),
    ),
    # --- reschedule ---
    Guard(
        name="move: not too late",
        holds="an appointment is not moved once the time for that is over",
        file="booking/sittings.py",
        text="        may_change(one.start, service.change_until_minutes, now)\n",
        instead="",
        tests=(f"{MOVING}::test_it_is_not_moved_or_cancelled_once_it_is_too_late",),
    ),
    Guard(
        name="move: the catalogue is still the one it was worked out from",
        holds="a move to a place that was closed meanwhile is worked out again",
        file="booking/store_booking.py",
        text="        _same_catalogue(conn, move.place)\n",
        instead="",
        tests=(f"{MOVING}::test_a_move_from_an_older_catalogue_is_worked_out_again",),
    ),
    Guard(
        name="move: compared and swapped",
        holds="a move of what was moved or cancelled meanwhile is worked out again",
        file="booking/store_booking.py",
        text='appointment.c.version == bindparam("seen"),',
        instead='bindparam("seen").is_not(None),',
        tests=(f"{MOVING}::test_a_move_of_what_was_moved_meanwhile_is_worked_out_again",),
    ),
    Guard(
        name="move: the old one stands",
        holds="whoever cannot have the new time keeps the old one",
        file="booking/store_booking.py",
        text="        _take(conn, move.appointment_id, move.place, tell, now)\n",
        instead=(
            "        try:\n"
            "            _take(conn, move.appointment_id, move.place, tell, now)\n"
            "        except Exception:\n"
            "            pass\n"
        ),
        tests=(f"{MOVING}::test_on_a_conflict_the_old_one_stands_with_all_its_claims",),
    ),
    Guard(
        name="move: the old time is free",
        holds="what was moved takes nothing at the old time",
        file="booking/store_booking.py",
        text="        give_back(conn, move.appointment_id, keep_quota=False)\n",
        instead="",
        tests=(f"{MOVING}::test_the_old_time_is_somebody_elses_and_the_new_one_is_not",),
    ),
    Guard(
        name="move: the new time is taken",
        holds="what was moved has its claims at the new time",
        file="booking/store_booking.py",
        text="    for move in order.moves:\n        _take(",
        instead="    for move in order.moves[1:]:\n        _take(",
        tests=(f"{MOVING}::test_the_old_time_is_somebody_elses_and_the_new_one_is_not",),
    ),
    Guard(
        name="move: the old time is passed on",
        holds="who waits is offered what a move gave back",
        file="booking/store_booking.py",
        text="    for row in before:\n        tell.freed(conn, row, now)\n",
        instead="",
        tests=(
            f"{WAITLIST}::test_who_waited_longest_comes_first_and_what_they_let_go_is_passed_on",
        ),
    ),
    Guard(
        name="move: the whole sitting",
        holds="every part of a sitting is moved",
        file="booking/service.py",
        text="            parts = sittings.whole(view)\n",
        instead="            parts = [view]\n",
        tests=(f"{SITTINGS}::test_it_is_moved_as_one",),
    ),
    Guard(
        name="move: who missed too often",
        holds="who may book for today only does not move an appointment to another day either",
        file="booking/store_booking.py",
        text="        _must_not_have_missed(conn, order.person, now)\n    before",
        instead="        pass\n    before",
        tests=(f"{MOVING}::test_who_missed_too_often_moves_within_a_day_only",),
    ),
    # --- cancel ---
    Guard(
        name="cancel: the whole sitting",
        holds="one reference cancels every part of a sitting",
        file="booking/store_booking.py",
        text="    for one in sitting_of(conn, row):\n        if one.state == State.BOOKED and ",
        instead="    for one in [row]:\n        if one.state == State.BOOKED and ",
        tests=(f"{SITTINGS}::test_one_reference_confirms_and_cancels_all_of_it",),
    ),
    Guard(
        name="cancel: not too late",
        holds="an appointment is not given back once the time for that is over",
        file="booking/store_booking.py",
        text="            may_change(instant_of(one.first_grain), until_minutes, now)\n",
        instead="            pass\n",
        tests=(f"{MOVING}::test_it_is_not_moved_or_cancelled_once_it_is_too_late",),
    ),
    Guard(
        name="states: each change names the state it comes from",
        holds="who was served is not cancelled after it",
        file="booking/store_rows.py",
        text='appointment.c.state == bindparam("was"))',
        instead='bindparam("was").is_not(None))',
        tests=(f"{BOOKING}::test_who_leaves_unserved_holds_nothing_and_who_was_served_stays_so",),
    ),
    Guard(
        name="states: as it is now",
        holds="a hold that ran out is shown as over before anybody swept",
        file="booking/store_rows.py",
        text="if row.state == State.HELD and row.expires_at <= now:",
        instead="if row.state == State.EXPIRED:",
        tests=(f"{BOOKING}::test_an_unfinished_or_cancelled_booking_is_not_let_in",),
    ),
    Guard(
        name="states: what ends is given back",
        holds="an appointment that is over holds nothing",
        file="booking/store_rows.py",
        text="        give_back(conn, appointment_id, keep_quota=into in",
        instead="        (lambda *_, **__: None)(conn, appointment_id, keep_quota=into in",
        tests=(f"{BOOKING}::test_who_leaves_unserved_holds_nothing_and_who_was_served_stays_so",),
    ),
)

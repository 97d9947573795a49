# mypy: ignore-errors
"""django-appointment 3.12 under the same crowd; runs in an environment of its own, not in ours.

    build/bench/django/bin/python tests/bench/booking_django.py HOST PORT DATABASE PEOPLE SEED

Sixteen threads, one PostgreSQL connection each, as sixteen workers of its server would be.  Each
person asks for the free times, takes one of the first, and books it; prints one line of JSON.
"""

import datetime as dt
import json
import logging
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django
from django.conf import settings

HOST, PORT, DATABASE, PEOPLE, SEED = sys.argv[1:]
THREADS, STAFF, MINUTES = 16, 12, 15

settings.configure(
    SECRET_KEY="of a benchmark",
    USE_TZ=True,
    TIME_ZONE="Asia/Macau",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.admin",
        "appointment",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": "counter",
            "HOST": HOST,
            "PORT": PORT,
            "CONN_MAX_AGE": 600,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    APPOINTMENT_WEBSITE_NAME="benchmark",
    LOGGING_CONFIG=None,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)
django.setup()
logging.disable(logging.CRITICAL)

from appointment.models import (  # noqa: E402
    Appointment,
    AppointmentRequest,
    Service,
    StaffMember,
    WorkingHours,
)
from appointment.services import get_available_slots_for_staff  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

for arguments in (["auth"], []):  # its tables come first: others point at them, without migrations
    call_command("migrate", *arguments, run_syncdb=not arguments, verbosity=0)
service = Service.objects.create(name="s", duration=dt.timedelta(minutes=MINUTES), price=0)
staff = []
for number in range(STAFF):
    member = StaffMember.objects.create(
        user=User.objects.create(username=f"staff{number}"),
        slot_duration=MINUTES,
        lead_time=dt.time(9),
        finish_time=dt.time(17),
    )
    member.services_offered.add(service)
    for weekday in range(7):
        WorkingHours.objects.create(
            staff_member=member,
            day_of_week=weekday,
            start_time=dt.time(9),
            end_time=dt.time(17),
        )
    staff.append(member)
people = User.objects.bulk_create([User(username=f"u{number}") for number in range(int(PEOPLE))])
day = dt.date.today() + dt.timedelta(days=7)
weekday = int(day.strftime("%w"))


def clock_time(slot):
    if isinstance(slot, str):
        return dt.datetime.strptime(slot, "%I:%M %p").time()
    return slot.time() if isinstance(slot, dt.datetime) else slot


def person(number):
    chance = random.Random(int(SEED) * 10_007 + number)
    for _ in range(60):
        member = chance.choice(staff)
        free = get_available_slots_for_staff(day, member, weekday, service)
        if not free:
            continue
        start = clock_time(chance.choice(free[:24]))
        end = dt.datetime.combine(day, start) + dt.timedelta(minutes=MINUTES)
        request = AppointmentRequest(
            date=day,
            start_time=start,
            end_time=end.time(),
            service=service,
            staff_member=member,
        )
        request.save()
        Appointment.objects.create(
            client=people[number],
            appointment_request=request,
            phone="+85366666666",
            address="x",
        )
        return 1
    return 0


began, used = time.perf_counter(), time.process_time()
with ThreadPoolExecutor(THREADS) as threads:
    booked = sum(threads.map(person, range(int(PEOPLE))))
seconds, cpu = time.perf_counter() - began, time.process_time() - used
with connection.cursor() as cursor:
    cursor.execute(
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n "
        "FROM appointment_appointmentrequest "
        "GROUP BY staff_member_id, date, start_time) AS one WHERE n > 1"
    )
    twice = int(cursor.fetchone()[0])
print(
    json.dumps(
        {
            "people": int(PEOPLE),
            "seconds": round(seconds, 3),
            "booked": booked,
            "booked_per_s": round(booked / seconds, 1),
            "cpu_ms_per_booking": round(1000 * cpu / max(1, booked), 2),
            "booked_twice": twice,
        }
    )
)

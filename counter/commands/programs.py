"""Programs of others: who may ask, and who is told."""

import argparse

from counter.commands.asking import Commands, ask_operator, given


def add(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Its commands, with what each takes."""
    webhooks = commands.add_parser("webhooks", help="which programs are told what")
    asked = webhooks.add_subparsers(required=True, metavar="WHAT")
    which = asked.add_parser("list", parents=[common], help="all, or what one was told")
    which.add_argument("webhook", nargs="?", help="its id")
    which.set_defaults(run=_webhooks, path="/webhooks")
    new = asked.add_parser("add", parents=[common], help="a new one; shows its secret, this once")
    new.add_argument("url", help="such as https://program.example/hook")
    new.add_argument("--kind", dest="kinds", action="append", default=[], help="(all)")
    new.add_argument("--department", help="only of its appointments (of all)")
    new.set_defaults(run=_webhooks, path="/webhooks/add")
    gone = asked.add_parser("remove", parents=[common], help="tell it nothing any more")
    gone.add_argument("webhook")
    gone.set_defaults(run=_webhooks, path="/webhooks/remove")
    again = asked.add_parser("replay", parents=[common], help="tell it again")
    again.add_argument("webhook")
    chosen = again.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--delivery", type=int, help="this one; see list")
    chosen.add_argument("--since", help="all since then: 2026-11-23T10:00:00+08:00")
    again.set_defaults(run=_webhooks, path="/webhooks/replay")

    _add_api_key(commands.add_parser("api-key", help="which programs may book"), common)


def _add_api_key(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(required=True, metavar="WHAT")
    known = asked.add_parser("list", parents=[common], help="all of them, without their secrets")
    known.set_defaults(run=_api_keys)
    new = asked.add_parser("make", parents=[common], help="a new one; shows it, this once")
    new.add_argument("name", help="of the program")
    new.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        choices=("read", "book", "webhooks"),
        help="what it may do; to be repeated",
    )
    new.add_argument("--department", help="only its services (all)")
    new.add_argument("--per-s", type=int, help="requests a second, on average (50)")
    new.set_defaults(run=_api_key, path="/api-keys/make")
    for what, how in (
        ("renew", "another secret for the same program; the old one is void"),
        ("revoke", "let it ask nothing any more; what it booked stays"),
    ):
        one = asked.add_parser(what, parents=[common], help=how)
        one.add_argument("key", help="its id; see list")
        one.set_defaults(run=_api_key, path=f"/api-keys/{what}")


def _webhooks(options: argparse.Namespace) -> int:
    sent = given(options, "webhook", "url", "kinds", "department", "delivery", "since")
    return ask_operator(options, options.path, sent)


def _api_keys(options: argparse.Namespace) -> int:
    return ask_operator(options, "/api-keys", None)


def _api_key(options: argparse.Namespace) -> int:
    sent = given(options, "key", "name", "scopes", "department", "per_s")
    return ask_operator(options, options.path, sent)

// The others in a conversation, beside the one whose picture is large.
import {type ReadonlySignal, computed} from "@preact/signals";
import type {Leg} from "./leg.ts";
import {Picture} from "./live_ui.tsx";
import type {PartyCard} from "./protocol.ts";

const streams = new WeakMap<Leg, ReadonlySignal<MediaStream | null>[]>();

/** What arrives in a slot; 0 is the large picture's. */
export function streamOf(leg: Leg, slot: number): ReadonlySignal<MediaStream | null> {
  if (slot === 0) return leg.remote;
  let found = streams.get(leg);
  if (!found) {
    found = [0, 1].map(place => computed(() => leg.others.value[place] ?? null));
    streams.set(leg, found);
  }
  return found[slot - 1] ?? leg.remote;
}

/** A small picture with sound; an element per slot, so that a newcomer does not disturb others. */
export function SmallPicture(props: {leg: Leg; party: PartyCard; label: string; class: string}) {
  const {leg, party} = props;
  if (party.slot === null) return null;
  return <Picture class={props.class} stream={streamOf(leg, party.slot)} leg={leg} label={props.label} />;
}

// "I do not sign now", and why: to be chosen, so that nobody has to write about himself.
import {signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import {Dialog} from "../../../shared/assets/live_ui.tsx";
import type {CeremonyCard, TerminalAsks} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask} from "./counter.ts";

type Reason = NonNullable<TerminalAsks["ceremony.decline"]["reason"]>;

export function NotNow(props: {card: CeremonyCard}) {
  const open = useRef(signal(false)).current;
  const close = (): void => {
    open.value = false;
  };
  const reasons: [Reason, string][] = [
    ["think", t("I want to think about it first")],
    ["data_wrong", t("Something in it is wrong")],
    ["not_understood", t("I do not understand it")],
    ["cannot_write", t("I cannot write on this screen")],
    ["other", t("Another reason")],
  ];
  const decline = (reason: Reason): void => {
    close();
    void ask("ceremony.decline", {ceremony_id: props.card.ceremony_id, reason});
  };
  return (
    <>
      <Press look="quiet" icon="none" onPress={() => (open.value = true)}>
        {t("I do not sign now")}
      </Press>
      {open.value && (
        <Dialog label={t("Why do you not sign now?")} class="ask ask--reasons" onClose={close}>
          <h2>{t("Why do you not sign now?")}</h2>
          <p>{t("The agent is told at once and helps you. Nothing is signed.")}</p>
          <div class="ask__answers">
            {reasons.map(([reason, words]) => (
              <Press key={reason} look="quiet" onPress={() => decline(reason)}>
                {words}
              </Press>
            ))}
            <Press look="main" icon="back" onPress={close}>
              {t("No, go on")}
            </Press>
          </div>
        </Dialog>
      )}
    </>
  );
}

// How the two lines of a conversation are, in words: whose, why, and what the agent can do.
import type {CallCard, LineCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask} from "./counter.ts";

const SHAPES = {weak: "▲", bad: "■"} as const;

function own(cause: LineCard["cause"]): string {
  const words: Record<LineCard["cause"], string> = {
    gone: t("Your line was interrupted. It is being connected again."),
    no_sound: t("Your sound does not arrive. Check that the microphone is plugged in and chosen."),
    no_picture: t("Your picture does not arrive. Check the camera; another program may be using it."),
    upload_loss: t("What you send arrives with gaps. Use a network cable instead of Wi-Fi, if you can."),
    download_loss: t("What comes to you has gaps. Use a network cable instead of Wi-Fi, if you can."),
    low_bandwidth: t("Your line is narrow. Close other programs that use the network."),
    delay: t("Your line is slow. Leave a pause before you answer."),
    cpu: t("This computer is overloaded. Close other programs."),
    frozen: t("The picture stands still at times. Go on talking; the sound goes on."),
  };
  return words[cause];
}

function citizens(cause: LineCard["cause"]): string {
  const words: Record<LineCard["cause"], string> = {
    gone: t("The terminal's line was interrupted. Please wait; it comes back by itself."),
    no_sound: t("No sound comes from the terminal. Tell the citizen in signs, and call the site's staff."),
    no_picture: t("No picture comes from the terminal. Go on talking, and call the site's staff."),
    upload_loss: t("The citizen's upload has gaps. Speak in short sentences and ask whether you were understood."),
    download_loss: t("What reaches the citizen has gaps. Speak slowly and repeat what matters."),
    low_bandwidth: t("The citizen's line is narrow. The sound comes first; papers may take longer."),
    delay: t("The citizen's line is slow. Leave a pause before you go on."),
    cpu: t("The terminal is overloaded. Its picture may be less smooth."),
    frozen: t("The citizen sees a picture that stands still at times. Say what you are doing."),
  };
  return words[cause];
}

function colleagues(): string {
  return t("A colleague's line is not good at the moment.");
}

export function Lines(props: {call: CallCard}) {
  const {call_id, lines = [], picture, advice} = props.call;
  const choose = (on: boolean): void => void ask("picture.choose", {call_id, picture: on});
  return (
    <>
      {lines.map(({whose, verdict, cause}) => (
        <p key={whose} role="status" data-line={whose} data-verdict={verdict} data-cause={cause}>
          <span aria-hidden="true">{SHAPES[verdict]}</span>{" "}
          {whose === "own" ? own(cause) : whose === "citizen" ? citizens(cause) : colleagues()}
        </p>
      ))}
      {picture === false && (
        <p role="status" data-banner="voice">
          {advice === "picture"
            ? t("You go on by voice. The lines are good again; the picture can come back.")
            : t("You go on by voice; both cameras rest.")}
        </p>
      )}
      {picture === false ? (
        <Button look={advice === "picture" ? "go" : "quiet"} onPress={() => choose(true)}>
          {t("Pictures on again")}
        </Button>
      ) : (
        advice === "voice" && (
          <Button look="go" onPress={() => choose(false)}>
            {t("Go on by voice only")}
          </Button>
        )
      )}
    </>
  );
}

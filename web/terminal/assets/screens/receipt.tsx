// What the citizen takes home: outcome, what happens next, what was handed in; and how it was.
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask, screen} from "../parts/counter.ts";
import {finish} from "../parts/frame.tsx";
import {Icon} from "../parts/icons.tsx";
import {TakeBack} from "../parts/originals.tsx";
import {Digest} from "./read.tsx";

export function Receipt() {
  const receipt = screen.value.receipt;
  if (!receipt) return null;
  return (
    <section class="receipt">
      <Title of="receipt" lead={`${receipt.department} · ${receipt.service}`}>
        {receipt.outcome}
      </Title>
      <div class="receipt__body" tabIndex={0} role="region" aria-label={receipt.outcome}>
        <p class="receipt__number">
          <span>{t("Number")}</span>
          <strong>{receipt.number}</strong>
        </p>
        {receipt.next_step && (
          <div class="receipt__next">
            <h2>{t("What happens next")}</h2>
            <p>{receipt.next_step}</p>
          </div>
        )}
        {receipt.take_along && (
          <div class="receipt__later">
            <img src={receipt.take_along.qr} alt={t("QR code of the link")} width={280} height={280} />
            <div>
              <h2>{t("Take your signed documents along")}</h2>
              <p>{t("Read this code with your telephone. It works until the end of {day}, without an account.", {day: receipt.take_along.until})}</p>
            </div>
          </div>
        )}
        {(receipt.later ?? []).map(paper => (
          <div key={paper.label} class="receipt__later">
            <img src={paper.qr} alt={t("QR code of the link")} width={280} height={280} />
            <div>
              <h2>{t("Send later: {paper}", {paper: paper.label})}</h2>
              <p>{t("Read this code with your telephone. It works until the end of {day}, without an account.", {day: paper.until})}</p>
            </div>
          </div>
        ))}
        {receipt.missing && receipt.missing.length > 0 && (
          <div class="receipt__missing">
            <h2>{t("Still to be handed in")}</h2>
            <ul class="plain">
              {receipt.missing.map(({label, until}) => (
                <li key={label}>
                  <Icon name="paper" />
                  <div>
                    {label}
                    <strong>{t("By {day}", {day: until})}</strong>
                  </div>
                </li>
              ))}
            </ul>
          </div>
        )}
        {receipt.handed_in.length > 0 && (
          <div>
            <h2>{t("Handed in")}</h2>
            <ul class="plain">
              {receipt.handed_in.map(paper => (
                <li key={paper}>
                  <Icon name="paper" />
                  {paper}
                </li>
              ))}
            </ul>
          </div>
        )}
        {receipt.signed.length > 0 && (
          <div>
            <h2>{t("Signed")}</h2>
            <ul class="plain">
              {receipt.signed.map(one => (
                <li key={one.ceremony_id}>
                  <Icon name="pen" />
                  <div>
                    {one.title}
                    {one.state === "voided" && <strong>{t("✗ Signed, and does not count")}</strong>}
                    <Digest sha256={one.sha256} />
                  </div>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
      <TakeBack />
      <Advice />
      <Rating rated={receipt.rated} />
      <div class="answers">
        <Press look="go" icon="check" onPress={() => void finish()}>
          {t("Finish and remove my data from this machine")}
        </Press>
      </div>
    </section>
  );
}

const MOUTHS = ["M8 17c2-3 6-3 8 0", "M8 16.500c2-1.500 6-1.500 8 0", "M8 16h8", "M8 15c2 1.800 6 1.800 8 0", "M7.500 14c2 4 7 4 9 0z"];

function Rating(props: {rated: boolean}) {
  if (props.rated) {
    return (
      <p class="rating rating--done" role="status">
        <Icon name="check" />
        {t("Thank you for telling us.")}
      </p>
    );
  }
  const words = [t("Very bad"), t("Bad"), t("Fair"), t("Good"), t("Very good")];
  return (
    <section class="rating" aria-labelledby="rating">
      <h2 id="rating">{t("How was it?")}</h2>
      <div class="faces">
        {words.map((word, index) => (
          <Press key={index} look="quiet" class="face" onPress={() => void ask("visit.rate", {stars: index + 1})}>
            <svg class="face__drawing" viewBox="0 0 24 24" aria-hidden="true">
              <circle cx="12" cy="12" r="10" />
              <path d={`M8.500 9v.5M15.500 9v.5${MOUTHS[index] ?? ""}`} />
            </svg>
            {word}
          </Press>
        ))}
      </div>
    </section>
  );
}

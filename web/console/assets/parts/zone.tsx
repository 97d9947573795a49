// What was read in the zone, and the names beside each other; what differs or is doubtful is marked.
import type {IdentityCard, NameWordCard, ZoneCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";

export function Zone(props: {card: IdentityCard}) {
  const {zone, unread} = props.card;
  if (!zone) {
    return (
      <p class="quiet" role="status">
        {unread ? t("The code lines are being read.") : t("No code lines were read. Compare what is printed.")}
      </p>
    );
  }
  const facts: [string, string][] = [
    [t("Number"), zone.number],
    [t("Family name"), zone.surname],
    [t("Given names"), zone.given],
    [t("Born"), zone.birth || "?"],
    [t("Sex"), zone.sex || "–"],
    [t("Nationality"), zone.nationality],
    [t("Valid until"), zone.permanent ? t("Without end") : zone.expiry || "?"],
  ];
  return (
    <div class="zone" data-sure={zone.sure ? "true" : "false"}>
      <p class={`zone__how zone__how--${zone.sure ? "sure" : "doubt"}`} role="status">
        {zone.sure
          ? t("✓ Read clearly; the check digits hold. They do not prove that the document is genuine.")
          : zone.digits_hold
            ? t("? Compare with the document: marked characters are doubtful.")
            : t("✗ The check digits do not hold: compare with the document, or photograph it again.")}
      </p>
      {zone.expired && <p class="zone__how zone__how--wrong">{t("✗ This document has expired.")}</p>}
      <pre class="zone__lines" aria-label={t("Code lines")} translate={false}>
        {zone.lines.map((line, row) => (
          <Line key={row} line={line} row={row} doubtful={zone.doubtful} />
        ))}
      </pre>
      <dl class="zone__facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd translate={false}>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Line(props: {line: string; row: number; doubtful: ZoneCard["doubtful"]}) {
  const marked = new Set(props.doubtful.filter(([row]) => row === props.row).map(([, column]) => column));
  return (
    <span>
      {[...props.line].map((one, column) => (marked.has(column) ? <mark key={column}>{one}</mark> : one))}
      {"\n"}
    </span>
  );
}

export function Names(props: {card: IdentityCard}) {
  const {name} = props.card;
  if (!name) return <p class="quiet">{t("There is no booked name, or none was read.")}</p>;
  const same = name.comparable && ![...name.booked, ...name.zone].some(word => word.differs);
  return (
    <div class="names">
      <dl>
        <div>
          <dt>{t("Booked")}</dt>
          <dd translate={false}>
            <Words words={name.booked} />
          </dd>
        </div>
        <div>
          <dt>{t("Read")}</dt>
          <dd translate={false}>
            <Words words={name.zone} />
          </dd>
        </div>
      </dl>
      <p>
        {!name.comparable
          ? t("Two scripts: only you can compare them.")
          : same
            ? t("✓ The same name")
            : t("Marked words differ. Spellings in other romanisations are not equated.")}
      </p>
    </div>
  );
}

function Words(props: {words: NameWordCard[]}) {
  return (
    <>
      {props.words.map((word, index) => (
        <span key={index}>
          {word.differs ? <mark>{word.text}</mark> : word.text}{" "}
        </span>
      ))}
    </>
  );
}

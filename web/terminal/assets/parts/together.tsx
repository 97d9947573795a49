// A page that the agent laid before both: marks and the agent's pointer on it; a touch points back.
import {Overlay, PointerLine} from "../../../shared/assets/pointing.tsx";
import type {CasePage} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Title} from "./controls.tsx";
import {live, screen} from "./counter.ts";

export const line = new PointerLine(live);

/** The stored page that lies before both, if it is one of this case. */
export function shownPage(): CasePage | null {
  const {hands, pages = []} = screen.value;
  return pages.find(page => page.sha256 === hands?.show) ?? null;
}

export function Together(props: {page: CasePage}) {
  const {page} = props;
  return (
    <div class="together">
      <Title of={page.sha256} lead={t("You both see this page. Touch it to point at a place.")}>
        {page.label}
      </Title>
      <div class="together__view">
        <div class="together__page" style={{"--shape": String(page.width_px / page.height_px)}}>
          <img src={`/pages/${page.sha256}`} alt={page.label} width={page.width_px} height={page.height_px} />
          <Overlay surface={`page:${page.sha256}`} marks={screen.value.marks ?? []} line={line} tool={null} />
        </div>
      </div>
    </div>
  );
}

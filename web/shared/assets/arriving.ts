// What arrives on a connection, as the browser counts it, and how good that is.
export type Quality = "none" | "poor" | "fair" | "good";

/** What a connection has counted so far. */
export interface Arrived {
  packets: number;
  lost: number;
  rttMs: number;
}

export function counted(reports: RTCStatsReport): Arrived {
  const seen: Arrived = {packets: 0, lost: 0, rttMs: 0};
  reports.forEach((report: Record<string, unknown>) => {
    if (report.type === "inbound-rtp") {
      seen.packets += Number(report.packetsReceived ?? 0);
      seen.lost += Number(report.packetsLost ?? 0);
    } else if (report.type === "candidate-pair" && report.nominated) {
      seen.rttMs = Number(report.currentRoundTripTime ?? 0) * 1000;
    }
  });
  return seen;
}

/** How good the line is, of the three steps that the screens have a shape for. */
export function level({packets, lost, rttMs}: Arrived): Quality {
  const share = lost / Math.max(1, packets + lost);
  if (rttMs > 400 || share > 0.08) return "poor";
  return rttMs > 200 || share > 0.03 ? "fair" : "good";
}

// Exchanges the one-time token of the address for the device's cookie.
//
// The token comes in the fragment, which is neither sent nor logged, and leaves the address at once.
const place = document.getElementById("enrol");
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

async function enrol(): Promise<boolean> {
  const answer = await fetch("/terminal/enrol", {
    method: "POST",
    headers: {"Content-Type": "application/json", "X-CSRF": place?.dataset.csrf ?? ""},
    body: JSON.stringify({token: decodeURIComponent(token)}),
  });
  return answer.ok;
}

const known = token ? await enrol().catch(() => false) : false;
if (known) location.replace("/terminal");
else {
  document.getElementById("enrol-state")?.setAttribute("hidden", "");
  document.getElementById("enrol-refused")?.removeAttribute("hidden");
}
export {};

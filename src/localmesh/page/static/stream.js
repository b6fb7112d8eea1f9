// Server-sent events with a token in a header, which the browser's own EventSource cannot send.

const FIRST = 250;
const MOST = 2000;
/** The mesh tells the rates every second: this much silence means that it is gone. */
const SILENCE = 6000;

/**
 * Call `heard(name, data)` for each event, for ever, and `changed(state)` with `live`, `lost` or `unauthorized`.
 * A connection that ends is opened again.
 */
export async function listen(path, token, heard, changed) {
  for (let wait = FIRST; ; wait = Math.min(MOST, wait * 1.5)) {
    try {
      const answer = await once(path, token, heard, () => {
        wait = FIRST;
        changed("live");
      });
      changed(answer === 401 ? "unauthorized" : "lost");
    } catch {
      changed("lost");
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function once(path, token, heard, opened) {
  const ending = new AbortController();
  let timer = setTimeout(() => ending.abort(), SILENCE);
  try {
    const answer = await fetch(path, { headers: { authorization: `Bearer ${token}` }, cache: "no-store", signal: ending.signal });
    if (!answer.ok) return answer.status;
    opened();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return answer.status;
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), SILENCE);
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) tell(event, heard);
    }
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

function tell(event, heard) {
  let name = "message";
  const data = [];
  for (const line of event.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  heard(name, JSON.parse(data.join("\n")));
}

// What the page asks of the server.

async function answered(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("the server does not answer; is it still running?");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const error = new Error(told.error ?? `the server said ${answer.status}`);
  error.status = answer.status;
  error.told = told;
  throw error;
}

async function get(path) {
  return (await answered(path)).json();
}

function post(path, body, more = {}) {
  return answered(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...more,
  });
}

const image = (id, what = "") => `/api/images/${id}${what}`;

export const session = () => get("/api/session");
export const progress = () => get("/api/progress");
export const queue = (query) => get(`/api/queue?${new URLSearchParams(query)}`);
export const details = (id) => get(image(id));
export const ready = async (id) => (await get(image(id, "/ready"))).ready;
export const proposals = (id) => get(image(id, "/proposals"));
export const tileAddress = (id) => image(id, "/tile");

export async function next(after, client) {
  const query = new URLSearchParams({ client, ...(after ? { after } : {}) });
  return (await get(`/api/next?${query}`)).id;
}

export async function picture(id) {
  return createImageBitmap(await (await answered(image(id, "/picture"))).blob());
}

export async function ask(id, question) {
  return (await post(image(id, "/ask"), question)).json();
}

export async function edit(id, tool, amount, mask) {
  return (await post(image(id, "/edit"), { tool, amount, mask })).json();
}

export async function preview(id, kind, objects) {
  return createImageBitmap(await (await post(image(id, "/preview"), { kind, objects })).blob());
}

export async function decide(id, decision) {
  return (await post(image(id, "/decide"), decision)).json();
}

// Who has an image in hand, if it is somebody else; null where it is ours now.
export async function lease(id, client, reviewer) {
  try {
    await post(image(id, "/lease"), { client, reviewer });
    return null;
  } catch (error) {
    if (error.status === 409) return error.told.holder || "somebody";
    throw error;
  }
}

export function release(id, client) {
  // Sent even while the page is being left.
  return post(image(id, "/release"), { client }, { keepalive: true }).catch(() => {});
}

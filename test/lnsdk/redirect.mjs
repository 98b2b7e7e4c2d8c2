// Version 2 of the SDK knows two hosts and takes no base URL. It sends through the global fetch, and a
// signature does not cover the host, so moving requests to another host leaves every signed byte as it is.
// `node --import ./redirect.mjs program.mjs` does that for any program that uses the SDK; the address of the
// simulated exchange comes from LNM_SIM_URL, without the version.
const hosts = new Set(["https://api.lnmarkets.com", "https://api.signet.lnmarkets.com"])
const target = process.env.LNM_SIM_URL
const original = globalThis.fetch

globalThis.fetch = (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  if (!hosts.has(url.origin)) {
    throw new Error(`refusing to leave this machine for ${url.origin}`)
  }
  // undici takes the body of a request only with this setting.
  return original(new Request(target + url.pathname + url.search, request), { duplex: "half" })
}

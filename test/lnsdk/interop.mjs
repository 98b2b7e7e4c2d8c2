// The official SDK, both major versions, against the simulated exchange. LNM_SIM_URL is its address without
// the version; LNM_KEY, LNM_SECRET and LNM_PASSPHRASE belong to an account that holds the 1,250,000 sats and
// the one long trade of the documented example. Each SDK gets an account of its own.
import assert from "node:assert/strict"

const base = process.env.LNM_SIM_URL
const major = process.argv[2]
const { createHttpClient } =
  major === "1" ? await import("@ln-markets/sdk-1/v3") : await import("@ln-markets/sdk/rest/v3")

const auth = {
  key: process.env.LNM_KEY,
  secret: process.env.LNM_SECRET,
  passphrase: process.env.LNM_PASSPHRASE,
}
const network = major === "1" ? "testnet4" : "signet"
const visitor = createHttpClient({ network })
const trader = createHttpClient({ ...auth, network })
const { isolated, cross } = trader.futures

async function price(last_price) {
  const answer = await fetchSim("/sim/price", { last_price })
  assert.equal(answer.last_price, last_price)
}

// The control interface is no part of the SDK, so it goes round the redirect.
async function fetchSim(path, body) {
  const { request } = await import("node:http")
  return new Promise((resolve, reject) => {
    const r = request(base + path, { method: "POST", headers: { "content-type": "application/json" } }, (res) => {
      let text = ""
      res.on("data", (chunk) => (text += chunk))
      res.on("end", () => (res.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))))
    })
    r.on("error", reject)
    r.end(JSON.stringify(body))
  })
}

async function refused(promise, status, message) {
  const error = await promise.then(
    () => assert.fail(`expected a refusal with ${status}`),
    (e) => e
  )
  assert.equal(error.response?.status, status, String(error))
  if (message !== undefined) {
    // Version 2 of the SDK has read the body already and keeps it on the error.
    const body = error.data ?? (await error.response.json())
    assert.equal(body.message, message)
  }
}

// Public calls, with and without credentials.
assert.equal(await visitor.ping(), "pong")
assert.equal(await trader.ping(), "pong")
assert.ok(Math.abs(Date.parse((await visitor.time()).time) - Date.now()) < 5000)
const getTicker = visitor.futures.getTicker ?? visitor.futures.getTicket
const ticker = await getTicker()
assert.equal(ticker.lastPrice, 93000)
assert.equal(ticker.prices[0].bidPrice, 93000)
const candles = await visitor.futures.getCandles({ from: "2026-08-01T00:00:00.000Z", range: "1h", limit: 1 })
assert.equal(candles.data.length, 1)
assert.notEqual(candles.nextCursor, null)
const settlements = await visitor.futures.getFundingSettlements()
assert.deepEqual(Object.keys(settlements.data[0]).sort(), ["fixingPrice", "fundingRate", "id", "time"])
assert.deepEqual((await visitor.futures.getLeaderboard()).daily, [])
await refused(visitor.oracle.getIndex(), 404)
await refused(visitor.oracle.getLastPrice({ limit: 1 }), 404)

// Credentials.
await refused(visitor.account.get(), 401, "Unauthorized")
await refused(createHttpClient({ ...auth, network, key: "x" }).account.get(), 401, "Api key does not exist")
await refused(createHttpClient({ ...auth, network, secret: "x" }).account.get(), 401, "Signature is not valid")
await refused(createHttpClient({ ...auth, network, passphrase: "x" }).account.get(), 401, "Signature is not valid")
const account = await trader.account.get()
assert.equal(account.balance, 1250000)
assert.equal(account.email, null)

// The documented life of a trade.
const [trade] = await isolated.getRunningTrades()
assert.equal(trade.margin, 210526)
assert.equal(trade.liquidation, 91346)
assert.equal(trade.pl, -113186)
assert.equal(trade.running, true)
const added = await isolated.addMargin({ id: trade.id, amount: 25000 })
assert.equal(added.margin, 235526)
assert.equal(added.leverage, 22.346398676735657)
assert.equal(added.liquidation, 90931)
assert.equal((await trader.account.get()).balance, 1225000)
await refused(isolated.addMargin({ id: trade.id, amount: 0 }), 400)
await refused(isolated.addMargin({ id: "another", amount: 1 }), 400, "You do not own this trade")
const cashed = await isolated.cashIn({ id: trade.id, amount: 10000 })
assert.equal(cashed.margin, 225526)
assert.equal(cashed.liquidation, 91096.5)
assert.equal((await isolated.addMargin({ id: trade.id, amount: 10000 })).margin, 235526)
assert.equal((await isolated.updateStoploss({ id: trade.id, value: 91500.5 })).stoploss, 91500.5)
assert.equal((await isolated.updateTakeprofit({ id: trade.id, value: 99000 })).takeprofit, 99000)
if (isolated.removeStoploss) {
  assert.equal((await isolated.removeStoploss({ id: trade.id })).stoploss, 0)
  assert.equal((await isolated.removeTakeprofit({ id: trade.id })).takeprofit, 0)
}
const closed = await isolated.close({ id: trade.id })
assert.equal(closed.closingFee, 5376)
assert.equal(closed.maintenanceMargin, 97)
assert.equal(closed.exitPrice, 93000)
assert.equal(closed.closed, true)
assert.equal((await trader.account.get()).balance, 1225000 + 122437)

// Orders: the vector of the SDK's own test, then margin instead of quantity.
const limit = await isolated.newTrade({ type: "limit", side: "buy", price: 100000, quantity: 1, leverage: 100 })
assert.deepEqual(
  [limit.entryMargin, limit.entryPrice, limit.liquidation, limit.maintenanceMargin, limit.openingFee, limit.open],
  [10, 100000, 99010, 2, 0, true]
)
assert.equal((await isolated.getOpenTrades()).length, 1)
assert.equal((await isolated.cancel({ id: limit.id })).canceled, true)
await isolated.newTrade({ type: "limit", side: "sell", price: 120000.5, margin: 1000, leverage: 12.5 })
assert.equal((await isolated.cancelAll()).length, 1)
const short = await isolated.newTrade({ type: "market", side: "sell", margin: 100000, leverage: 10, takeprofit: 80000 })
assert.equal(short.quantity, 930)
await price(short.liquidation)
const lost = (await isolated.getClosedTrades({ limit: 1 })).data[0]
assert.equal(lost.id, short.id)
assert.equal(lost.pl, -100000)
const rest = await isolated.getClosedTrades({ from: "2020-01-01T00:00:00.000Z", limit: 1 })
assert.equal(rest.data.length, 1)
const older = await isolated.getClosedTrades({ cursor: rest.nextCursor, limit: 10 })
assert.equal(older.data[0].id, trade.id)
assert.equal(older.nextCursor, null)
await price(100000)
const paying = await isolated.newTrade({ type: "market", side: "buy", quantity: 5000, leverage: 25 })
await fetchSim("/sim/funding", { settle: true })
const fees = await isolated.getFundingFees()
assert.equal(fees.data[0].fee, 500)
assert.equal(fees.data[0].tradeId, paying.id)
assert.equal((await isolated.getRunningTrades())[0].sumFundingFees, 500)
await isolated.close({ id: paying.id })

// Cross margin.
assert.equal((await cross.getPosition()).quantity, 0)
assert.equal((await cross.deposit({ amount: 501000 })).margin, 501000)
assert.equal((await cross.setLeverage({ leverage: 10 })).leverage, 10)
const order = await cross.newOrder({ type: "market", side: "buy", quantity: 1000 })
assert.equal(order.filled, true)
const position = await cross.getPosition()
assert.equal(position.margin, 500000)
assert.equal(position.liquidation, 66733.5)
assert.equal(position.runningMargin, 100000)
assert.equal(position.maintenanceMargin, 1500)
assert.equal((await cross.deposit({ amount: 100000 })).liquidation, 62558.5)
assert.equal((await cross.withdraw({ amount: 100000 })).liquidation, 66733.5)
await refused(cross.withdraw({ amount: 450000 }), 400)
const resting = await cross.newOrder({ type: "limit", side: "sell", quantity: 10, price: 110000 })
assert.equal((await cross.getOpenOrders())[0].id, resting.id)
assert.equal((await cross.cancel({ id: resting.id })).canceled, true)
assert.deepEqual(await cross.cancelAll(), [])
assert.equal((await cross.close()).side, "sell")
assert.equal((await cross.getPosition()).entryPrice, null)
assert.equal((await cross.getTransfers()).data.length, 3)
assert.equal((await cross.getFilledOrders({ limit: 10 })).data.length, 2)
assert.deepEqual((await cross.getFundingFees()).data, [])

console.log(`SDK ${major}: all calls behaved as documented`)

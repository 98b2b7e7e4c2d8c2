package marginguard

import (
	"context"
	"iter"
	"time"
)

// Source yields who is to be protected.
type Source interface {
	// Targets streams the users with an active configuration and what the guard
	// did for them before. One broken row comes as a Target with a Problem; an
	// error ends the stream.
	Targets(ctx context.Context, q Query) iter.Seq2[Target, error]
}

// Query narrows the targets of a run.
type Query struct {
	UserID string
	// Users, when not nil, are the only ones to look at.
	Users []string
	// After and Until, when not empty, bound the ids of the users.
	After, Until string
	// SpentSince is the start of the window over which spent amounts are summed.
	SpentSince time.Time
}

// Target is one user with the account that the guard works on.
type Target struct {
	UserID    string
	AccountID string
	ConfigID  string
	PlanType  string
	Config    Config
	// Credentials are the stored, still encrypted credentials of the account.
	Credentials []byte
	Spent       Spent
	// KnownIntents counts, by trade, the intents that were known when the target was
	// read, planned since the moment Since. The positions are read afterwards,
	// so an intent that is not among them may have changed a position unseen.
	KnownIntents map[string]int64
	Since        time.Time
	// Open are the intents without a known outcome, oldest first.
	Open []Intent
	// Disabled is why the guard is switched off for this user, empty when it is not.
	Disabled string
	// Breaker is why the account's key is put aside, empty when it is not. It is
	// asked again at AskAgain, and already at AskSooner when a position of the
	// account is known to be in danger or near it.
	Breaker             string
	AskAgain, AskSooner time.Time
	// Known are the guarded positions of the account, as they were when they were
	// last read.
	Known []IndexEntry
	// Lost are the positions that are missing since a moment without anybody knowing
	// how they ended, Told those whose end was told, and Near those that came near
	// their trigger and have not recovered; all by canonical id.
	Lost map[string]time.Time
	Told map[string]bool
	Near map[string]bool
	// Accounts is how many accounts of the user are guarded; zero is one.
	Accounts int
	// Failures counts the runs in a row in which the key failed.
	Failures int
	// Problem is why the user cannot be protected at all, nil when they can.
	Problem error
	// Defects are reported; what they do not concern is protected all the same.
	Defects []Defect
}

// Defect is something stored about a user that cannot be read.
type Defect struct {
	// TradeID is the position that it concerns, empty for none in particular.
	TradeID string
	Reason  string
	// Freezes says that the position must be left alone until a person has looked.
	Freezes bool
}

func (t Target) key() string { return t.UserID + "/" + t.AccountID }

// State is where an intent stands.
type State string

// The states. The first three are open: their outcome is not known.
const (
	Planned    State = "planned"
	Sent       State = "sent"
	Unknown    State = "unknown"
	Applied    State = "applied"
	Rejected   State = "rejected"
	NotApplied State = "not_applied"
)

// Snapshot is a position as it was when an addition was decided.
type Snapshot struct {
	Margin          int64
	Liquidation     float64
	SumFundingFees  int64
	SumCashInMargin int64
	SumCashInPL     int64
}

// Intent is a stored intention to add margin.
type Intent struct {
	ID        string
	TradeID   string
	Side      Side
	Amount    int64
	State     State
	Before    Snapshot
	PlannedAt time.Time
	SentAt    time.Time
	// HTTPStatus is what the request was answered with, zero when nobody knows.
	HTTPStatus int
}

// Plan is an addition that wants an intent.
type Plan struct {
	RunID     string
	UserID    string
	AccountID string
	Verdict   Verdict
	Before    Snapshot
	// SeenAt is when the position was asked for: an addition made since then,
	// by whomever, makes the decision worthless.
	SeenAt time.Time
	// KnownIntents and Since are the target's, for this trade: one more intent than
	// that means that somebody else was faster. Clocks of different machines
	// cannot tell, a count can.
	KnownIntents int64
	Since        time.Time
	// UserDayCap and PositionDayCap are checked again under the user's lock, over
	// what was spent since SpentSince.
	UserDayCap, PositionDayCap int64
	// RoundCap, unless zero, is checked in the same way: it limits what all
	// processes add together since Round began.
	RoundCap int64
	Round    time.Time
	// SpentSince is the start of the window that the two caps are for.
	SpentSince time.Time
	At         time.Time
}

// Settlement is what became of an intent.
type Settlement struct {
	IntentID string
	ConfigID string
	PlanType string
	// From are the states in which the intent may be; in any other one somebody
	// else was faster.
	From []State
	To   State
	// Went is false when no request left this machine, which makes the intent
	// no event worth a trade log.
	Went        bool
	Resolution  string
	HTTPStatus  int
	Error       string
	MarginAfter int64
	LiqAfter    float64
	Took        time.Duration
	At          time.Time
}

// Intents is the write-ahead store. Every method is one transaction.
type Intents interface {
	// Plan reserves the amount and writes the intent. It fails with
	// ErrCapReached, ErrOpenIntent or ErrOvertaken when it must not be.
	Plan(ctx context.Context, p Plan) (Intent, error)
	// MarkSent moves a planned intent on, unless the guard was switched off in
	// the meantime (*DisabledError) or the intent is not planned any more
	// (ErrOvertaken).
	MarkSent(ctx context.Context, intentID string, at time.Time) error
	// Settle records the outcome with its trade log and audit rows. An intent
	// that somebody else has settled is ErrOvertaken.
	Settle(ctx context.Context, s Settlement) error
}

// Recorder keeps the history of runs.
type Recorder interface {
	StartRun(ctx context.Context, r Run) (id string, err error)
	FinishRun(ctx context.Context, id string, r Result, failure error) error
}

// Run is what is known of a run when it starts.
type Run struct {
	Reading   Reading
	UserID    string
	Price     float64
	StartedAt time.Time
}

// Locker makes sure that one run is under way.
type Locker interface {
	// Lock fails at once when another run holds the lock.
	Lock(ctx context.Context) (release func(), err error)
}

// Switch is the operator's kill switch for everybody.
type Switch interface {
	// Off returns the reason when the guard is switched off.
	Off(ctx context.Context) (reason string, off bool, err error)
}

// Reply is how the exchange treated the key of one account in a run.
type Reply struct {
	Target Target
	// Fault is empty when the key works.
	Fault  Fault
	Reason string
}

// Asked is a key that the exchange served or refused in a run.
type Asked struct {
	UserID, AccountID string
	Refused           bool
}

// Breakers remembers the keys that fail, so that they are not asked all the time.
type Breakers interface {
	// Note is told every key that was asked, and how those fared that fail now or
	// did before.
	Note(ctx context.Context, asked []Asked, replies []Reply) error
}

// Observer is told the positions of every user who was looked at.
type Observer interface {
	Saw(t Target, r Reading, positions []Position, at time.Time)
}

// Prices is the public side of the exchange.
type Prices interface {
	// Offset is how far the exchange's clock is ahead of the local one.
	Offset(ctx context.Context) (time.Duration, error)
	Ticker(ctx context.Context) (Market, error)
}

// Connector opens an account on the exchange.
type Connector interface {
	Connect(ctx context.Context, t Target) (Exchange, error)
}

// Exchange is one account on the exchange. Its errors are *ExchangeError.
type Exchange interface {
	// Positions returns every running isolated trade.
	Positions(ctx context.Context) ([]Position, error)
	// Balance is the free balance in sats.
	Balance(ctx context.Context) (int64, error)
	// Ready waits until the rate limit lets a request out.
	Ready(ctx context.Context) error
	// AddMargin sends exactly one request, at once, and never repeats it. It
	// must follow a Ready of its own.
	AddMargin(ctx context.Context, tradeID string, sats int64) error
}

// Answer is what the exchange answered to an addition, in whole.
type Answer struct {
	Position Position
	// Ended is a position that the answer calls closed.
	Ended bool
}

// Witness is an Exchange that passes on what it answers, as evidence of what
// happened.
type Witness interface {
	Exchange
	// AddMarginSeen is AddMargin with the answer, which is nil unless a whole one
	// about that position came.
	AddMarginSeen(ctx context.Context, tradeID string, sats int64) (*Answer, error)
	// Ended returns a position that is not running any more as it was at its end,
	// or nil when the exchange does not show it.
	Ended(ctx context.Context, tradeID string) (*Position, error)
}

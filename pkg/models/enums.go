package models

import (
	"fmt"
	"slices"
	"strings"
)

// PlanType is the database enum "PlanType".
type PlanType string

// The plans, from the lowest to the highest.
const (
	PlanFree     PlanType = "free"
	PlanBasic    PlanType = "basic"
	PlanAdvanced PlanType = "advanced"
	PlanPro      PlanType = "pro"
	PlanLifetime PlanType = "lifetime"
)

// PlanTypes lists the plans in rank order.
func PlanTypes() []PlanType {
	return []PlanType{PlanFree, PlanBasic, PlanAdvanced, PlanPro, PlanLifetime}
}

// Valid reports whether the database knows the value. The server answers an
// unknown one with an error even in a WHERE, so callers check first.
func (p PlanType) Valid() bool { return slices.Contains(PlanTypes(), p) }

// Rank orders plans: a higher plan has a higher rank. Unknown plans rank -1.
func (p PlanType) Rank() int { return slices.Index(PlanTypes(), p) }

// ParsePlanType accepts a plan's name in any case.
func ParsePlanType(s string) (PlanType, error) {
	p := PlanType(strings.ToLower(strings.TrimSpace(s)))
	if !p.Valid() {
		return "", fmt.Errorf("unknown plan %q: want %s", s, joined(PlanTypes()))
	}
	return p, nil
}

// AutomationStatus is the text column Automation.status.
type AutomationStatus string

// Automation states.
const (
	AutomationActive  AutomationStatus = "active"
	AutomationPaused  AutomationStatus = "paused"
	AutomationStopped AutomationStatus = "stopped"
	AutomationError   AutomationStatus = "error"
)

// Valid reports whether the value may be written.
func (s AutomationStatus) Valid() bool {
	return slices.Contains([]AutomationStatus{AutomationActive, AutomationPaused, AutomationStopped, AutomationError}, s)
}

// TradeStatus is the text column TradeLog.status. The web application has
// written several words for the same outcome; only reading knows them all.
type TradeStatus string

// Trade outcomes.
const (
	TradeSuccess       TradeStatus = "success"
	TradeFailed        TradeStatus = "failed"
	TradePending       TradeStatus = "pending"
	TradeCancelled     TradeStatus = "cancelled"
	TradeCompleted     TradeStatus = "completed"
	TradeExecuted      TradeStatus = "executed"
	TradeAppError      TradeStatus = "app_error"
	TradeExchangeError TradeStatus = "exchange_error"
)

// TradeFailure is no stored word: in filters it means every word for a trade that was not done.
const TradeFailure TradeStatus = "failure"

// Words are the stored words that a filter for this status means: success and failure mean all words for it.
func (s TradeStatus) Words() []TradeStatus {
	switch s {
	case TradeSuccess:
		return []TradeStatus{TradeSuccess, TradeCompleted, TradeExecuted}
	case TradeFailure:
		return []TradeStatus{TradeFailed, TradeAppError, TradeExchangeError}
	}
	return []TradeStatus{s}
}

// Succeeded reports whether the status means that the trade was done.
func (s TradeStatus) Succeeded() bool {
	return s == TradeSuccess || s == TradeCompleted || s == TradeExecuted
}

// Failed reports whether the status means that the trade was not done.
func (s TradeStatus) Failed() bool {
	return s == TradeFailed || s == TradeAppError || s == TradeExchangeError
}

// Valid reports whether the value may be written.
func (s TradeStatus) Valid() bool {
	return s.Succeeded() || s.Failed() || s == TradePending || s == TradeCancelled
}

// PaymentStatus is the text column Payment.status.
type PaymentStatus string

// Payment states.
const (
	PaymentPending  PaymentStatus = "pending"
	PaymentPaid     PaymentStatus = "paid"
	PaymentExpired  PaymentStatus = "expired"
	PaymentFailed   PaymentStatus = "failed"
	PaymentRefunded PaymentStatus = "refunded"
	// PaymentCompleted is a word that screens of the web application use for paid. It is read, never written.
	PaymentCompleted PaymentStatus = "completed"
)

// PaymentStatuses lists the states that are written, in the order of their life.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{PaymentPending, PaymentPaid, PaymentExpired, PaymentFailed, PaymentRefunded}
}

// Canonical turns the web application's other word into ours.
func (s PaymentStatus) Canonical() PaymentStatus {
	if s == PaymentCompleted {
		return PaymentPaid
	}
	return s
}

// Valid reports whether the value may be written.
func (s PaymentStatus) Valid() bool {
	return slices.Contains(PaymentStatuses(), s)
}

// GuardMode is the text column MarginGuardConfig.mode.
type GuardMode string

// Margin guard modes. GuardUnitLegacy is the web application's word for unit.
const (
	GuardGlobal     GuardMode = "global"
	GuardIndividual GuardMode = "individual"
	GuardUnit       GuardMode = "unit"
	GuardUnitLegacy GuardMode = "unitario"
)

// Canonical turns the web application's word into ours.
func (m GuardMode) Canonical() GuardMode {
	if m == GuardUnitLegacy {
		return GuardUnit
	}
	return m
}

// Valid reports whether the value may be written.
func (m GuardMode) Valid() bool {
	return m == GuardGlobal || m == GuardIndividual || m == GuardUnit
}

// JobStatus is the state of a backtest report or a simulation.
type JobStatus string

// Job states; the web application uses both words for a running one.
const (
	JobPending    JobStatus = "pending"
	JobCreated    JobStatus = "created"
	JobRunning    JobStatus = "running"
	JobProcessing JobStatus = "processing"
	JobCompleted  JobStatus = "completed"
	JobFailed     JobStatus = "failed"
)

// Valid reports whether the value may be written.
func (s JobStatus) Valid() bool {
	return slices.Contains([]JobStatus{JobPending, JobCreated, JobRunning, JobProcessing, JobCompleted, JobFailed}, s)
}

// Severity is the text column AuditLog.severity.
type Severity string

// Audit severities.
const (
	SeverityInfo     Severity = "info"
	SeverityWarning  Severity = "warning"
	SeverityError    Severity = "error"
	SeverityCritical Severity = "critical"
)

// Valid reports whether the value may be written.
func (s Severity) Valid() bool {
	return slices.Contains([]Severity{SeverityInfo, SeverityWarning, SeverityError, SeverityCritical}, s)
}

func joined[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

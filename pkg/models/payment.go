package models

import "time"

// PaymentSource says why a payment counts as paid.
type PaymentSource string

// Sources of evidence, the strongest first.
const (
	SourceNode     PaymentSource = "node"     // our node says that it received the money
	SourcePreimage PaymentSource = "preimage" // somebody showed the preimage of the payment hash
	SourceForced   PaymentSource = "forced"   // an operator said so
)

// PaymentSettlement is the evidence for a payment that an operator settled.
type PaymentSettlement struct {
	PaymentID    string        `gorm:"column:payment_id;primaryKey;<-:create"`
	Source       PaymentSource `gorm:"column:source"`
	Late         bool          `gorm:"column:late"`
	DuplicateOf  *string       `gorm:"column:duplicate_of"` // an earlier paid payment for the same purchase
	Backend      *string       `gorm:"column:backend"`
	ReceivedMsat *int64        `gorm:"column:received_msat"`
	PlanBefore   *string       `gorm:"column:plan_before"`
	PlanAfter    *string       `gorm:"column:plan_after"`
	Reason       *string       `gorm:"column:reason"`
	Actor        *string       `gorm:"column:actor"`
	CreatedAt    time.Time     `gorm:"column:created_at;<-:create"`
}

// TableName implements gorm's Tabler.
func (PaymentSettlement) TableName() string { return "axisor.payment_settlement" }

// PaymentRefund is money that went back to the user.
type PaymentRefund struct {
	ID               string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	PaymentID        string    `gorm:"column:payment_id"`
	AmountSats       int32     `gorm:"column:amount_sats"`
	LightningInvoice *string   `gorm:"column:lightning_invoice"`
	PaymentHash      *string   `gorm:"column:payment_hash"`
	Preimage         *string   `gorm:"column:preimage"`
	Reason           string    `gorm:"column:reason"`
	Actor            *string   `gorm:"column:actor"`
	CreatedAt        time.Time `gorm:"column:created_at;<-:create"`
}

// TableName implements gorm's Tabler.
func (PaymentRefund) TableName() string { return "axisor.payment_refund" }

// PaymentForeign is money at a node that an operator called no payment of ours.
type PaymentForeign struct {
	PaymentHash  string     `gorm:"column:payment_hash;primaryKey;<-:create"` // hex
	Backend      string     `gorm:"column:backend"`
	Address      string     `gorm:"column:address"`
	ReceivedMsat *int64     `gorm:"column:received_msat"`
	SettledAt    *time.Time `gorm:"column:settled_at"`
	Reason       string     `gorm:"column:reason"`
	Actor        *string    `gorm:"column:actor"`
	CreatedAt    time.Time  `gorm:"column:created_at;<-:create"`
}

// TableName implements gorm's Tabler.
func (PaymentForeign) TableName() string { return "axisor.payment_foreign" }

// IntentState is the column payment_intent.state.
type IntentState string

// States of an invoice that is asked of a node.
const (
	IntentPlanned   IntentState = "planned"   // asked, or about to be: the node may have it
	IntentRecorded  IntentState = "recorded"  // there is a payment row
	IntentRefused   IntentState = "refused"   // the node said no
	IntentAbandoned IntentState = "abandoned" // the node was asked and does not have it
)

// PaymentIntent is an invoice that is about to be asked of a node.
type PaymentIntent struct {
	ID            string      `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID        string      `gorm:"column:user_id"`
	PlanType      PlanType    `gorm:"column:plan_type"`
	AmountSats    int32       `gorm:"column:amount_sats"`
	ExpirySeconds int32       `gorm:"column:expiry_seconds"`
	Description   string      `gorm:"column:description"` // carries the id, so that the node's invoice can be found by it
	Backend       string      `gorm:"column:backend"`
	State         IntentState `gorm:"column:state"`
	Error         *string     `gorm:"column:error"`
	PaymentID     *string     `gorm:"column:payment_id"`
	Actor         *string     `gorm:"column:actor"`
	CreatedAt     time.Time   `gorm:"column:created_at;<-:create"`
	UpdatedAt     time.Time   `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (PaymentIntent) TableName() string { return "axisor.payment_intent" }

package seedbed

import "time"

// KeptRequest is what is remembered of a program's request that had a key of
// its own, so that sending it again makes nothing twice.
type KeptRequest struct {
	ID          int64
	TokenID     int64
	Key         string
	Fingerprint string // of everything that was asked
	Process     string // name of the running program that took it on
	Begun       time.Time
	// CarriedOut is true from the moment of its change, in the same transaction.
	CarriedOut bool
	// DeploymentID is the deployment that it started, if it did.
	DeploymentID int64
	// Answer is what was answered, as the one who keeps it encodes it; nil until
	// there is one.
	Answer []byte
}

package scenarios

import (
	"regexp"
	"slices"
)

// Expected outcomes beside holds and refuted.
const (
	OutcomeOnlyIf = "only if" // the claim holds in some arms and not in others
	OutcomeVaries = "varies"  // it depends on the seed
)

// SourceIssue is the source of claims that reproduce an issue.
const SourceIssue = "I"

var issueForm = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+#[1-9][0-9]*$`)

// armName leaves no doubt where the name ends in arm.metric.
var armName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// checkClaim checks what stands in the claim block; whether its metrics exist is for whoever compiles the prediction.
func (c *checker) checkClaim() {
	k := c.Claim
	if k == nil {
		return
	}
	if !scenarioName.MatchString(k.ID) {
		c.errorf("claim.id", "id: expected up to 64 letters, digits, dots, underscores and hyphens, got %q", k.ID)
	}
	for _, missing := range []struct {
		is  bool
		key string
	}{
		{k.Source == "", "source"},
		{k.Statement == "", "statement"},
		{k.Predicts.Expr == "", "predicts"},
		{len(k.Number) == 0, "number"},
		{len(k.Arms) == 0, "arms"},
		{len(k.Control.Set) == 0, "control"},
		{k.Expected == "", "expected"},
	} {
		if missing.is {
			c.errorf("claim."+missing.key, "a claim needs %s", missing.key)
		}
	}
	if k.Issue != "" && !issueForm.MatchString(k.Issue) {
		c.errorf("claim.issue", "issue: expected owner/repository#number, such as nats-io/nats-server#6114; got %q", k.Issue)
	}
	if k.Source != "" && (k.Source == SourceIssue) != (k.Issue != "") {
		c.errorf("claim.issue", "source: %s and issue, the number of one, go together", SourceIssue)
	}
	if only := k.Expected == OutcomeOnlyIf; only != (k.OnlyIf != "") {
		c.errorf("claim.only_if", "expected: %s and only_if, the condition in words, go together", OutcomeOnlyIf)
	}
	for i, arm := range k.Arms {
		path := itemPath("claim.arms", i) + ".name"
		if !armName.MatchString(arm.Name) {
			c.errorf(path, "name: expected a lower-case letter, then letters, digits and underscores; got %q", arm.Name)
		}
		if slices.IndexFunc(k.Arms, func(o Arm) bool { return o.Name == arm.Name }) < i {
			c.errorf(path, "two arms are named %s", arm.Name)
		}
	}
}

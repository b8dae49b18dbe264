//go:build prove

package twin

// seeds is how many scenarios are drawn.
const seeds = 300

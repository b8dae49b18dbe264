// Package tune searches settings. It never runs anything itself: whoever calls it hands it a function that does.
//
// A sweep is a grid: [ParseAxis] reads what varies, [Grid] lists the points, and every point is tried.
package tune

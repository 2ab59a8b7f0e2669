// SPDX-License-Identifier: Apache-2.0
//
// What must hold of a broker whatever happens, each as a named function: the oracle of the
// simulation, and of any other test that watches a broker. The numbers are those of the project's
// list of faults and invariants; P1 is design.md §9 (what gives way is the policy's choice), P5 its
// fifth promise.
//
//   I2  no phantom        nothing comes that was not owed
//   I5  order             of one publishing session, within a lane and between reactors
//   I6  contiguity        a hole is covered by a gap between the messages around it
//   I7  no duplicate      nothing comes twice
//   I8  exact resume      after a resume the frames go on exactly, and it succeeds when it can
//   I9  honest gap        counts are exact; what is told as lost did not come and does not come
//                         later; nothing is lost without need
//   I12 completeness      at rest everything owed has come or is in a gap
//   I13 honest outcomes   answers say what happened
//   I16 survival          bounds hold, counts are exact, nothing is left behind
//   I17 liveness          once healed, all comes to rest; what must end ends
//   P5  isolation         a reader that keeps up loses nothing for the sake of others (promise 5)
//
// A function asks about a step that is about to be noted in a history: ask first, note after.
// Threads: Confined to the test. Errors: a Verdict without a value means that all is well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/core/gap.h"
#include "broker/core/lane.h"
#include "common/clock.h"
#include "tests/sim/frame_log.h"
#include "tests/sim/lane_history.h"
#include "tests/sim/route_history.h"

namespace belfry::sim {

struct Violation {
  // "I6".
  std::string invariant;
  // What was expected and what came.
  std::string text;
};
using Verdict = std::optional<Violation>;

// ---- a lane is about to bring a message

Verdict I2NoPhantom(const LaneHistory& lane, const Message& message);
Verdict I5Order(const LaneHistory& lane, const Message& message);
Verdict I6Contiguity(const LaneHistory& lane, const Message& message);
Verdict I7NoDuplicate(const LaneHistory& lane, const Message& message);
Verdict I9NothingToldAsLostComes(const LaneHistory& lane, const Message& message);
Verdict P1Policy(const LaneHistory& lane, const Message& message);
// All of these, in the order that gives the most telling name.
Verdict CheckDeliver(const LaneHistory& lane, const Message& message);

// ---- a lane is about to tell a gap

Verdict I9HonestGap(const LaneHistory& lane, const core::Gap& gap);
Verdict P1Policy(const LaneHistory& lane, const core::Gap& gap);
Verdict CheckGap(const LaneHistory& lane, const core::Gap& gap);

// ---- a lane has dropped something for its age, or for a message that came

Verdict I9AgeDropWasDue(const LaneHistory& lane, int64_t now, int64_t age_max);
Verdict I9OverflowWasDue(const LaneHistory& lane, const Message& message,
                         const core::LaneBounds& bounds);

// ---- messages were given up for the node's memory

// `lost`: by a session whose connection was writable all the time.
Verdict P5KeepsUp(uint64_t lost);

// ---- a lane is at rest: nothing is queued, nothing is on the way

Verdict I12Completeness(const LaneHistory& lane);
// `dropped`: what the broker says that all these lanes lost.
Verdict I9CountsAreExact(uint64_t told, uint64_t dropped);

// ---- resume

// The frame with this number is written.
Verdict I8ExactResume(const FrameLog& log, uint64_t number, uint64_t digest);
// The client gets the frame with this number.
Verdict I8NextFrame(uint64_t expected, uint64_t got);
// The client acknowledges frames that it has; the broker says whether that is possible.
Verdict I8Acknowledged(bool possible);
// Whether a resume that the client asked for should have been refused or granted.
Verdict I8ResumeWhenPossible(const FrameLog& log, uint64_t received_through, uint64_t window_bytes,
                             bool may_be_forgotten, bool resumed);

// ---- between reactors

Verdict CheckArrival(const RouteHistory& route, uint64_t message, bool accepted);
// At rest.
Verdict I12RouteCompleteness(const RouteHistory& route);
// When it does not come to rest: what was overtaken will not come any more.
Verdict I12RouteOvertaken(const RouteHistory& route);

// ---- counts and bounds

Verdict I16Equal(const char* what, uint64_t expected, uint64_t got);
Verdict I16AtMost(const char* what, uint64_t bound, uint64_t got);
Verdict I13Equal(const char* what, uint64_t expected, uint64_t got);
Verdict I17AtMost(const char* what, uint64_t bound, uint64_t got);

// ---- after a tick, of an attended session with heartbeats

// `quiet`: how long it has been sent nothing.
Verdict I17Heartbeat(Duration quiet, Duration heartbeat, bool writable);
// `silent`: how long nothing came from its client, while somebody listened.
Verdict I17Silence(Duration silent, Duration heartbeat);

}  // namespace belfry::sim

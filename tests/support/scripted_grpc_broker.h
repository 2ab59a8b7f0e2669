// SPDX-License-Identifier: Apache-2.0
//
// A broker over a real socket that says what a test makes it say: grpc++ carries the bytes, a play
// answers each frame of a client. Behave is the play of a broker that does its job, as far as one
// client that talks to itself needs it.
//
// Lifecycle: the destructor cancels what is open and waits for its end.
// Threads: Thread-safe; plays run on gRPC's threads, those of one stream one at a time.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "belfry/v1/broker.pb.h"

namespace belfry::test {

// One Session call. Goes by itself when the call is over.
class ScriptedStream final : public grpc::ServerGenericBidiReactor {
 public:
  using Play = std::function<void(ScriptedStream&, const v1::ClientFrame&)>;

  explicit ScriptedStream(std::function<Play()> play);

  void Say(const v1::ServerFrame& frame) { SayBytes(frame.SerializeAsString()); }
  void SayBytes(std::string bytes);
  // After what was said before.
  void End(grpc::Status status);

  // For plays: the client has subscribed to something.
  bool subscribed = false;

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }
  void Next(std::unique_lock<std::mutex> lock);

  const std::function<Play()> play_;
  grpc::ByteBuffer incoming_;
  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> outgoing_;
  bool writing_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> end_;
};

class ScriptedGrpcBroker {
 public:
  using Play = ScriptedStream::Play;

  // 0: a port of the system's choice.
  explicit ScriptedGrpcBroker(Play play, int port = 0);
  ~ScriptedGrpcBroker();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  // From the next frame on.
  void SetPlay(Play play);
  // Sessions that began so far.
  uint64_t streams() const { return streams_; }

  static v1::ServerFrame WelcomeFrame();
  static void Behave(ScriptedStream& stream, const v1::ClientFrame& frame);

 private:
  class Service final : public grpc::CallbackGenericService {
   public:
    explicit Service(ScriptedGrpcBroker& broker) : broker_(broker) {}
    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override;

   private:
    ScriptedGrpcBroker& broker_;
  };

  std::mutex mutex_;
  Play play_;
  std::atomic<uint64_t> streams_{0};
  Service service_{*this};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace belfry::test

// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/grpc_transport.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <optional>
#include <string>
#include <utility>

#include "client-lib/src/connect_failure.h"
#include "client-lib/src/grpc_threads.h"
#include "client-lib/src/make_error.h"
#include "client-lib/src/tls_files.h"
#include "common/mutex.h"

namespace belfry::client {
namespace {

constexpr char kSessionMethod[] = "/belfry.v1.Broker/Session";
// A Deliver is at most 256 KiB unless one message is larger; payloads are 1 MiB by default. This
// leaves room for a broker that was told to take much more, and still bounds what a stranger can
// make us allocate.
constexpr int kReceiveBytesMax = 32 << 20;
// The session's own heartbeats find a dead broker; HTTP/2 pings only keep middleboxes awake, and
// brokers count more than one in ten seconds as a flood.
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

// `welcomed`: a frame was heard before.
Error FromGrpc(const grpc::Status& status, bool welcomed, bool tls) {
  // An orderly end is still the end of a session that was meant to stay.
  if (status.ok()) return MakeError(ErrorCode::kConnectionLost, "the broker ended the session");
  Error error = FromStatusText(status.error_message());
  if (!welcomed && error.code == Error::kConnectionLost) {
    error.text = ExplainConnectFailure(error.text, tls);
  }
  return error;
}

// One contiguous piece, without a copy if it arrived as one.
FrameBytes TakeBytes(grpc::ByteBuffer& buffer) {
  auto slice = std::make_shared<grpc::Slice>();
  if (!buffer.TrySingleSlice(slice.get()).ok() && !buffer.DumpToSingleSlice(slice.get()).ok()) {
    return FrameBytes();
  }
  const std::string_view bytes(reinterpret_cast<const char*>(slice->begin()), slice->size());
  return FrameBytes{std::move(slice), bytes};
}

// A share of the frame's buffer goes along with the slice and is let go by gRPC.
grpc::ByteBuffer ToByteBuffer(OutFrame frame) {
  using Share = std::shared_ptr<const std::string>;
  const std::string_view bytes = frame.bytes();
  const grpc::Slice slice(
      // gRPC only reads what it sends; its interface does not say so.
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* share) { delete static_cast<Share*>(share); }, new Share(std::move(frame.buffer)));
  return grpc::ByteBuffer(&slice, 1);
}

class GrpcTransport final : public Transport,
                            public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public std::enable_shared_from_this<GrpcTransport> {
 public:
  GrpcTransport(std::shared_ptr<grpc::Channel> channel, bool tls)
      : channel_(std::move(channel)), tls_(tls), stub_(channel_) {}

  void Start(std::shared_ptr<TransportEvents> events) override {
    events_ = std::move(events);
    self_ = shared_from_this();
    stub_.PrepareBidiStreamingCall(&context_, kSessionMethod, grpc::StubOptions(), this);
    // Writes come from outside of reactions, so the call must be held until they no longer can.
    AddHold();
    StartRead(&incoming_);
    StartCall();
    MutexLock lock(mutex_);
    writable_ = true;
    if (early_ && !ended_) StartFrame(std::move(*early_));
    early_.reset();
  }

  void Write(OutFrame frame) override {
    MutexLock lock(mutex_);
    if (ended_) return;
    if (writable_) {
      StartFrame(std::move(frame));
    } else {
      early_ = std::move(frame);
    }
  }

  void Cancel() override { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (ok) {
      FrameBytes frame = TakeBytes(incoming_);
      incoming_.Clear();
      welcomed_ = true;
      events_->OnFrame(std::move(frame));
      StartRead(&incoming_);
      return;
    }
    {
      MutexLock lock(mutex_);
      ended_ = true;
    }
    RemoveHold();
  }

  // If the write failed the stream is at its end, and the read will say so.
  void OnWriteDone(bool ok) override {
    if (ok) events_->OnWriteDone();
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<GrpcTransport> self = std::move(self_);
    const std::shared_ptr<TransportEvents> events = std::move(events_);
    events->OnClosed(FromGrpc(status, welcomed_, tls_));
  }

 private:
  void StartFrame(OutFrame frame) BELFRY_REQUIRES(mutex_) {
    outgoing_ = ToByteBuffer(std::move(frame));
    StartWrite(&outgoing_);
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const bool tls_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  // Used by the reactions alone, which come one after the other.
  bool welcomed_ = false;
  std::shared_ptr<TransportEvents> events_;
  // From Start to OnDone.
  std::shared_ptr<GrpcTransport> self_;

  Mutex mutex_;
  bool writable_ BELFRY_GUARDED_BY(mutex_) = false;
  bool ended_ BELFRY_GUARDED_BY(mutex_) = false;
  std::optional<OutFrame> early_ BELFRY_GUARDED_BY(mutex_);
};

class GrpcConnector final : public Connector {
 public:
  explicit GrpcConnector(TlsOptions tls) : tls_(std::move(tls)) {}

  std::shared_ptr<Transport> Create(const std::string& endpoint, Error* error) override {
    const std::shared_ptr<grpc::ChannelCredentials> credentials = Credentials(error);
    if (credentials == nullptr) return nullptr;
    grpc::ChannelArguments arguments;
    // Without it, channels to one address share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A broker is not behind the proxy that the environment names for web pages.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    return std::make_shared<GrpcTransport>(
        grpc::CreateCustomChannel(endpoint, credentials, arguments), !tls_.ca_file.empty());
  }

 private:
  // Null if a file that is named cannot be read any more.
  std::shared_ptr<grpc::ChannelCredentials> Credentials(Error* error) const {
    if (tls_.ca_file.empty()) return grpc::InsecureChannelCredentials();
    TlsFiles files;
    *error = ReadTlsFiles(tls_, &files);
    if (!error->ok()) return nullptr;
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = std::move(files.ca);
    options.pem_cert_chain = std::move(files.cert);
    options.pem_private_key = std::move(files.key);
    return grpc::SslCredentials(options);
  }

  const TlsOptions tls_;
};

}  // namespace

std::unique_ptr<Connector> MakeGrpcConnector(TlsOptions tls) {
  KeepGrpcThreads();
  return std::make_unique<GrpcConnector>(std::move(tls));
}

}  // namespace belfry::client

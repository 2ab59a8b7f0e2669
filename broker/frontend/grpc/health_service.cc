// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/health_service.h"

#include <fmt/format.h>

#include "broker/reactor/timer.h"
#include "broker/rpc/typed_method.h"
#include "grpc/health/v1/health.pb.h"

namespace belfry::frontend::grpc {
namespace {

namespace health = ::grpc::health::v1;

// As often as a human or a load balancer could act on it.
constexpr Duration kWatchPeriod = std::chrono::seconds(1);

health::HealthCheckResponse Look(const ServiceContext& context) {
  health::HealthCheckResponse response;
  response.set_status(context.readiness().ready ? health::HealthCheckResponse::SERVING
                                                : health::HealthCheckResponse::NOT_SERVING);
  return response;
}

class WatchStream final : public rpc::CallHandler {
 public:
  WatchStream(const ServiceContext& context, bool known, rpc::Call& call)
      : context_(context), known_(known), call_(call), timer_(call.reactor(), [this] { Tell(); }) {
    Tell();
    timer_.StartPeriodic(kWatchPeriod);
  }

  void OnMessage(std::string_view) override {}
  void OnHalfClose() override {}
  void OnClosed(const Status&) override { timer_.Cancel(); }

 private:
  void Tell() {
    health::HealthCheckResponse response;
    // The protocol asks for this answer, not for an error, so that a client may wait for a service.
    response.set_status(health::HealthCheckResponse::SERVICE_UNKNOWN);
    if (known_) response = Look(context_);
    if (response.status() == told_ || !call_.writable()) return;
    told_ = response.status();
    rpc::WriteMessage(call_, response);
  }

  const ServiceContext& context_;
  const bool known_;
  rpc::Call& call_;
  health::HealthCheckResponse::ServingStatus told_ = health::HealthCheckResponse::UNKNOWN;
  reactor::Timer timer_;
};

}  // namespace

void AddHealthService(rpc::ServiceTable& table, const ServiceContext& context) {
  const auto is_known = [&table](const std::string& service) {
    return service.empty() || table.HasService(service);
  };
  rpc::AddUnary<health::HealthCheckRequest, health::HealthCheckResponse>(
      table, "/grpc.health.v1.Health/Check", {},
      [&context, is_known](const health::HealthCheckRequest& request,
                           const rpc::Responder<health::HealthCheckResponse>& responder) {
        if (is_known(request.service())) {
          responder.Answer(Look(context));
        } else {
          responder.Fail(NotFound(fmt::format(
              "no service \"{}\" here; ask for \"\" to learn of the node", request.service())));
        }
      });
  rpc::AddServerStreaming<health::HealthCheckRequest>(
      table, "/grpc.health.v1.Health/Watch", {.long_lived = true},
      [&context, is_known](const health::HealthCheckRequest& request, rpc::Call& call) {
        return std::make_unique<WatchStream>(context, is_known(request.service()), call);
      });
}

}  // namespace belfry::frontend::grpc

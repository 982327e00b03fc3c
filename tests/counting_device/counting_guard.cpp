#include "counting_guard.h"

#include <c10/core/Stream.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

namespace assay::test {

namespace {

/// One device with one stream, on which everything is done when the call returns.
class CountingGuard final : public c10::impl::DeviceGuardImplInterface
{
public:
    c10::DeviceType type() const override { return c10::DeviceType::XPU; }
    c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
    c10::Device getDevice() const override { return {c10::DeviceType::XPU, 0}; }
    void setDevice(c10::Device) const override {}
    void uncheckedSetDevice(c10::Device) const noexcept override {}
    c10::Stream getStream(c10::Device device) const noexcept override
    {
        return c10::Stream(c10::Stream::DEFAULT, device);
    }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override
    {
        return c10::Stream(c10::Stream::DEFAULT, stream.device());
    }
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};

} // namespace

void registerCountingGuard()
{
    // What LibTorch's macro does when a program is loaded: here other tests of the program must not meet the
    // device. The guard is never destroyed, as the macro's.
    static const c10::impl::DeviceGuardImplRegistrar registrar(c10::DeviceType::XPU, new CountingGuard);
}

} // namespace assay::test

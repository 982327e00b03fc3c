#include "host_alias.h"

#include "counting_device.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/Storage.h>
#include <c10/core/TensorImpl.h>
#include <torch/types.h>

#include <memory>

namespace assay::test {

namespace {

/// Keeps @p storage alive for as long as its memory is used under another device's name.
c10::DataPtr sharing(const c10::Storage& storage, c10::Device device)
{
    auto held = std::make_unique<c10::Storage>(storage);
    void* data = held->unsafeGetStorageImpl()->data_ptr().get();
    return {data, held.release(), [](void* storage) { delete static_cast<c10::Storage*>(storage); }, device};
}

torch::Tensor shapedAs(const torch::Tensor& like, torch::Tensor result)
{
    c10::TensorImpl* impl = result.unsafeGetTensorImpl();
    impl->set_storage_offset(like.storage_offset());
    impl->set_sizes_and_strides(like.sizes(), like.strides());
    // Scalars of arithmetic do not decide the type of a result.
    if (like.unsafeGetTensorImpl()->is_wrapped_number())
        impl->set_wrapped_number(true);
    return result;
}

torch::Tensor tensorOn(const c10::Storage& storage, c10::DispatchKey key, const torch::Tensor& like)
{
    return shapedAs(like, at::detail::make_tensor<c10::TensorImpl>(c10::Storage(storage),
                                                                   c10::DispatchKeySet(key), like.dtype()));
}

/// As tensorOn(), but a view of @p base: of the same kind where inference mode is on and @p base is from
/// before.
torch::Tensor viewOf(const torch::Tensor& base, const torch::Tensor& like)
{
    return shapedAs(like, at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW,
                                                                   c10::Storage(base.storage()),
                                                                   base.key_set(), like.dtype()));
}

c10::Storage storageOn(const c10::Storage& storage, c10::Device device)
{
    // Operators that resize what they write allocate on the host, where the memory is.
    return {c10::Storage::use_byte_size_t(), storage.nbytes(), sharing(storage, device),
            c10::GetCPUAllocator(),
            /*resizable=*/true};
}

bool sameMemory(const c10::Storage& a, const c10::Storage& b)
{
    const void* data = a.unsafeGetStorageImpl()->data_ptr().get();
    return data != nullptr && data == b.unsafeGetStorageImpl()->data_ptr().get();
}

} // namespace

torch::Tensor HostAliases::alias(const torch::Tensor& onDevice)
{
    for (const Pair& pair : m_pairs)
        if (pair.onDevice.is_same(onDevice))
            return pair.onHost;
    c10::Storage storage;
    for (const Pair& pair : m_pairs)
        if (pair.onDevice.storage().is_alias_of(onDevice.storage()))
            storage = pair.onHost.storage();
    if (!storage)
        storage = storageOn(onDevice.storage(), torch::kCPU);
    m_pairs.push_back({onDevice, tensorOn(storage, c10::DispatchKey::CPU, onDevice)});
    return m_pairs.back().onHost;
}

torch::Tensor HostAliases::returned(const torch::Tensor& onHost) const
{
    if (!onHost.defined() || !onHost.device().is_cpu())
        return onHost;
    for (const Pair& pair : m_pairs)
        if (pair.onHost.is_same(onHost))
            return pair.onDevice;
    for (const Pair& pair : m_pairs)
        if (sameMemory(pair.onHost.storage(), onHost.storage()) &&
            sameMemory(pair.onDevice.storage(), onHost.storage()))
            return viewOf(pair.onDevice, onHost);
    return tensorOn(storageOn(onHost.storage(), countingDevice()), c10::DispatchKey::XPU, onHost);
}

void HostAliases::settle() const
{
    for (const Pair& pair : m_pairs) {
        c10::TensorImpl* impl = pair.onDevice.unsafeGetTensorImpl();
        if (!sameMemory(pair.onHost.storage(), pair.onDevice.storage()) && pair.onHost.numel() > 0) {
            c10::StorageImpl* storage = pair.onDevice.storage().unsafeGetStorageImpl();
            storage->set_data_ptr(sharing(pair.onHost.storage(), countingDevice()));
            storage->set_nbytes(pair.onHost.storage().nbytes());
        }
        if (pair.onHost.sizes() != pair.onDevice.sizes() || pair.onHost.strides() != pair.onDevice.strides())
            impl->set_sizes_and_strides(pair.onHost.sizes(), pair.onHost.strides());
    }
}

torch::Tensor hostAlias(const torch::Tensor& onDevice)
{
    return onDevice.defined() && !onDevice.is_cpu() ? HostAliases().alias(onDevice) : onDevice;
}

} // namespace assay::test

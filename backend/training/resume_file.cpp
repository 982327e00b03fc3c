#include "backend/training/resume_file.h"

#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <torch/types.h>
#include <torch/utils.h>

#include <charconv>

namespace assay::training {

namespace {

constexpr const char* kWeight = "w.";
constexpr const char* kMomentum = "m.";
constexpr const char* kGenerator = "generator";
constexpr const char* kMend = "Delete the file to train from the beginning.";

[[noreturn]] void otherTraining(const std::string& where, const char* what)
{
    throw Error(std::string("belongs to a training with another ") + what, where, kMend);
}

std::string metadata(const models::TensorFile& file, const char* key)
{
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? std::string() : it->second;
}

void restore(const models::TensorFile& file, const std::string& name, const torch::Tensor& to,
             const std::string& where)
{
    const torch::Tensor* saved = file.find(name);
    if (!saved || saved->sizes() != to.sizes() || saved->scalar_type() != to.scalar_type())
        otherTraining(where, "network");
    torch::Tensor target = to;
    target.copy_(*saved);
}

void addTensor(QCryptographicHash& hash, const torch::Tensor& tensor)
{
    for (const std::int64_t size : tensor.sizes())
        hash.addData(QByteArray::number(static_cast<qlonglong>(size)) + ',');
    const torch::Tensor data = tensor.cpu().contiguous();
    const auto* bytes = static_cast<const char*>(data.data_ptr());
    hash.addData(QByteArray::fromRawData(bytes, static_cast<qsizetype>(data.numel() * data.element_size())));
}

} // namespace

void writeResume(const std::filesystem::path& file, const TrainState& state)
{
    models::NamedTensors tensors;
    for (const auto& [name, tensor] : state.weights)
        tensors.emplace_back(kWeight + name, tensor);
    for (std::size_t i = 0; i < state.momentum.size(); ++i)
        tensors.emplace_back(kMomentum + std::to_string(i), state.momentum[i]);
    tensors.emplace_back(kGenerator, state.generator);
    models::writeSafetensors(
        file, tensors,
        {{"epoch", std::to_string(state.epoch)}, {"spec", state.spec}, {"set", state.setHash}});
}

void readResume(const std::filesystem::path& file, TrainState& state)
{
    const std::string where = file.string();
    const models::TensorFile saved = models::readSafetensors(file);
    if (metadata(saved, "spec") != state.spec)
        otherTraining(where, "recipe");
    if (metadata(saved, "set") != state.setHash)
        otherTraining(where, "training set");
    const std::string epoch = metadata(saved, "epoch");
    const auto parsed = std::from_chars(epoch.data(), epoch.data() + epoch.size(), state.epoch);
    if (parsed.ec != std::errc() || state.epoch < 1 || state.epoch > state.epochs)
        throw Error("says that '" + epoch.substr(0, 20) + "' epochs are done", where, kMend);
    const torch::Tensor* generator = saved.find(kGenerator);
    if (!generator || generator->sizes() != state.generator.sizes() ||
        generator->scalar_type() != torch::kUInt8)
        throw Error("holds no state of the generator", where, kMend);
    const torch::NoGradGuard off;
    for (const auto& [name, tensor] : state.weights)
        restore(saved, kWeight + name, tensor, where);
    for (std::size_t i = 0; i < state.momentum.size(); ++i)
        restore(saved, kMomentum + std::to_string(i), state.momentum[i], where);
    state.generator = *generator;
}

std::string setHash(const torch::Tensor& images, const torch::Tensor& labels)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    addTensor(hash, images);
    addTensor(hash, labels);
    return hash.result().toHex().toStdString();
}

} // namespace assay::training

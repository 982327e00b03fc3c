#pragma once

#include "backend/models/graph/graph_network.h"

#include <QTemporaryDir>
#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace assay::tests {

/// A network that PyTorch exported, with what PyTorch makes of it.
struct Exported
{
    std::string name;
    int opset = 0;
    std::filesystem::path file;
    torch::Tensor input;    ///< [N,C,H,W] in [0,1]
    torch::Tensor output;   ///< [N,K]
    torch::Tensor gradient; ///< of the sum of the largest logits, by input
};

/// Runs make_models.py once a program, in a temporary folder.
class ExportedModels
{
public:
    ExportedModels();

    /// "" or why the script failed.
    const std::string& failure() const { return m_failure; }
    const std::vector<Exported>& all() const { return m_models; }
    const Exported& named(const std::string& name) const;
    std::filesystem::path folder() const { return m_folder.path().toStdString(); }

private:
    QTemporaryDir m_folder;
    std::string m_failure;
    std::vector<Exported> m_models;
};

/// The network of @p file that takes pixels as they are.
std::shared_ptr<models::graph::GraphNetwork> networkOf(const std::filesystem::path& file,
                                                       std::int64_t channels = 3, std::int64_t batch = 0);

/// The gradient of the sum of the largest logits by @p x.
torch::Tensor pixelGradient(models::Network& network, const torch::Tensor& x);

} // namespace assay::tests

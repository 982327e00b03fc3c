#pragma once

#include "plugins/backdoor/detect_amplify.h"
#include "plugins/backdoor/detect_detector.h"

#include <deque>

namespace assay::backdoor {

// IBD-PSC: Hou, Feng, Hua, Luo, Zhang and Li, "IBD-PSC: Input-level Backdoor Detection via Parameter-oriented
// Scaling Consistency", ICML 2024. The last layers of the network are amplified: clean images lose their
// class, images with a trigger keep it.

struct PscOptions
{
    std::vector<double> omegas = {1.5}; ///< tried in this order; the first with an eta above xi is taken
    double xi = 0.6;
    int members = 5; ///< n
    double threshold = 0.9;
    /// As the released code: only i = 1 .. L-1 are tried, the members have k+1 .. k+n amplified layers, and
    /// those beyond L repeat the one with all of them.
    bool compat = false;
};

/// Algorithm 1 at one omega.
struct PscTrace
{
    double omega = 1.5;
    std::vector<double> eta; ///< top-1 error on the reference images, of i = 1 .. eta.size() amplified layers
    std::int64_t k = 0;      ///< the smallest i with eta(i) > xi; where there is none, the last i
    bool crossed = false;    ///< whether there is one
};

/// The smallest i (from 1) with eta(i) > xi, or the number of etas, and whether it was found.
PscTrace pscSelection(double omega, std::vector<double> eta, double xi);

/// Numbers of amplified layers of the ensemble's members (equation 4 of the paper): k .. min(k + n - 1, L).
std::vector<std::int64_t> pscMembers(std::int64_t k, std::int64_t layers, const PscOptions& options);

class PscDetector final : public PoisonDetector
{
public:
    /// Chooses omega and k on the reference images. @param checkpoint called between networks.
    /// @throws Error as AmplifiedNetwork.
    PscDetector(const models::Model& model, const DetectReference& reference, PscOptions options,
                const std::function<void()>& checkpoint);

    /// Mean over the members of the probability that each gives the class which the model itself predicts.
    torch::Tensor scores(const DetectQueries& queries) override;
    std::optional<double> ownThreshold() const override { return m_options.threshold; }

    /// Of each omega tried, in that order; the last one was taken.
    const std::vector<PscTrace>& traces() const { return m_traces; }
    const PscTrace& chosen() const { return m_traces.back(); }
    /// No omega made the error exceed xi: k is the last layer and the threshold means little.
    bool nothingCrossed() const { return !chosen().crossed; }
    std::int64_t layers() const { return m_network.layers(); }
    const std::string& layerKind() const { return m_network.kind(); }
    /// The probability of the model's own class with i = 0 .. L layers amplified: float32 [n,L+1] on the CPU.
    torch::Tensor confidences(const torch::Tensor& x, const std::function<void()>& checkpoint);

private:
    std::vector<double> etas(const DetectReference& reference, double omega,
                             const std::function<void()>& checkpoint);

    const models::Model& m_model;
    PscOptions m_options;
    AmplifiedNetwork m_network;
    std::vector<PscTrace> m_traces;
    std::deque<models::Model> m_members;
};

} // namespace assay::backdoor

#pragma once

#include "plugins/backdoor/unlearn_training.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::backdoor {

/// Methods that the edit is compared with, in the order of tables:
///   finetune            cross-entropy on clean images, all parameters
///   finetune-triggered  the same with triggered copies under their true labels: what knowing the trigger
///   allows gradient-ascent     away from the target class on triggered images: minimises -min(CE, 10)
///   fine-pruning        Liu et al. 2018: the last convolution's units that sleep on clean images are cut off
///   nad                 Li et al. 2021, Neural Attention Distillation from a fine-tuned copy
///   anp                 Wu and Wang 2021, Adversarial Neuron Pruning
///   i-bau               Zeng et al. 2022, adversarial unlearning by an implicit hypergradient
const std::vector<std::string>& unlearnBaselines();
const std::vector<std::string>& unlearnBaselineTitles();
/// Whether it needs triggered images, and so the trigger.
bool needsTrigger(const std::string& baseline);

/// What the defender gives to all methods.
struct BaselineInputs
{
    Lesson clean;         ///< for repair
    Lesson triggered;     ///< the same images triggered, under their true labels; empty when not known
    torch::Tensor forget; ///< float32 [n,C,H,W]: triggered images of gradient ascent
    Lesson held;          ///< clean images on which gradient ascent is stopped
    std::int64_t target = 0;
    LessonSpec lesson;
    double pruned = 0.75; ///< fine-pruning: share of units
    int ascentSteps = 20;
    double ascentRate = 1e-2;
    double attention = 1000; ///< NAD: weight of the distance between attention maps
    int anpSteps = 200;
    int ibauRounds = 5;
};

/// Changes @p network, an unfolded copy of the backdoored one in eval mode, in place.
/// @param layers probeLayers() of it.
/// @returns how many different images it looked at.
std::int64_t runBaseline(const std::string& baseline, models::Network& network,
                         const std::vector<models::ProbedLayer>& layers, const BaselineInputs& inputs,
                         const at::Generator& generator, const UnlearnCalls& calls);

// The methods one by one.

void ascendGradient(models::Network& network, const BaselineInputs& inputs, const UnlearnCalls& calls);
void finePrune(models::Network& network, const std::vector<models::ProbedLayer>& layers,
               const BaselineInputs& inputs, const at::Generator& generator, const UnlearnCalls& calls);
void distilAttention(models::Network& network, const BaselineInputs& inputs, const at::Generator& generator,
                     const UnlearnCalls& calls);
void pruneAdversarially(models::Network& network, const std::vector<models::ProbedLayer>& layers,
                        const BaselineInputs& inputs, const at::Generator& generator,
                        const UnlearnCalls& calls);
void unlearnImplicitly(models::Network& network, const BaselineInputs& inputs, const at::Generator& generator,
                       const UnlearnCalls& calls);

/// NAD's attention of feature maps [n,C,H,W]: squares summed over channels, of unit length. float32 [n,H*W].
torch::Tensor attentionOf(const torch::Tensor& maps);

} // namespace assay::backdoor

#pragma once

#include "backend/data/dataset.h"
#include "backend/engine/run_context.h"
#include "backend/models/model.h"
#include "backend/poisoning/poison.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// A model as the figures call it.
struct NamedSubject
{
    std::string name; ///< "before", "after", "plain training": texts show it, figures are named after it
    std::shared_ptr<const models::Model> model;
};

/// Models of one data set side by side: the earlier first.
struct BeforeAfter
{
    std::vector<NamedSubject> models; ///< at least one
    std::shared_ptr<const data::Dataset> set;
    torch::Tensor ids; ///< int64 [n], ascending: the judged images of the test split
    /// The trigger and what it is to do. Absent: nothing is known of one, only clean images are shown.
    std::optional<poisoning::PoisonSpec> poison;

    std::string section = "Before and after";
    std::int64_t embedded = 1000; ///< images (clean, and as many triggered) of an embedding, at most
    bool tsne = false;            ///< t-SNE beside the principal components: some seconds for each model
    std::int64_t gallery = 60;    ///< triggered images shown
    /// Where the run's progress stands meanwhile, in the caller's units.
    double done = 0;
    double total = 0;
};

/// What a model says about the judged images.
struct SubjectAnswers
{
    std::string name;
    torch::Tensor clean;     ///< class of each, int64 [n] on the CPU
    torch::Tensor triggered; ///< the same with the trigger; undefined without one
};

/// Emits, NAME being a model's name in small letters with hyphens:
/// - figures `confusion-NAME` and, with a trigger, `confusion-triggered-NAME`, all on one scale;
/// - figure `recall`: of each class, clean, a bar per model with its interval;
/// - figures `embedding-NAME` and, if asked for, `embedding-tsne-NAME`: penultimate features by clean images
/// of
///   the target class, other clean ones and triggered ones;
/// - grid `triggered`: images that count for ASR, clean and triggered, and where each model looks (Grad-CAM
/// of
///   the class that it gives) on the triggered image. Of models without a layer that is an image this is left
///   out, which the log says. Without a trigger grid `judged`, of clean images.
/// @returns the answers, in the order of the models. @throws Cancelled, and Error for two models of one name.
std::vector<SubjectAnswers> emitBeforeAfter(engine::RunContext& context, const BeforeAfter& what);

/// The single parts, for studies that want only some. @p answers as emitBeforeAfter() returns them.
std::vector<SubjectAnswers> askSubjects(engine::RunContext& context, const BeforeAfter& what);
void emitConfusions(engine::RunContext& context, const BeforeAfter& what,
                    const std::vector<SubjectAnswers>& answers);
void emitRecall(engine::RunContext& context, const BeforeAfter& what,
                const std::vector<SubjectAnswers>& answers);
void emitEmbeddings(engine::RunContext& context, const BeforeAfter& what);
void emitSaliency(engine::RunContext& context, const BeforeAfter& what,
                  const std::vector<SubjectAnswers>& answers);

} // namespace assay::backdoor

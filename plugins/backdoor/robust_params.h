#pragma once

#include "backend/models/architectures/architectures.h"
#include "plugins/backdoor/robust_distil.h"
#include "plugins/backdoor/trigger_params.h"

#include <string>
#include <vector>

namespace assay::backdoor {

/// Parameters of `backdoor.robust-training`.
struct RobustParams
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    std::string target = "0";
    TriggerParams trigger;
    double rate = 0.1;
    std::string labels = "all-to-one";
    std::string architecture = "small_cnn";
    int trainImages = 6000;
    int epochs = 8;
    int seeds = 1;
    int count = 2000;
    std::string method = "autoencoder";
    std::vector<double> strengths = {0.3, 0.4, 0.5};
    bool colours = false;
    std::string from;
    std::string learnedOn = "clean";
    int cleanImages = 6000;
    int code = 16;
    double noise = 0.2;
    int codeEpochs = 10;
    std::vector<double> alphas = {0.5};
    double temperature = 10;
    bool temperedLabels = false;
    double strength = 0.5;
    int sample = -1;
};

/// Values of `variation`.
inline const std::vector<std::string>& robustMethods()
{
    static const std::vector<std::string> kNames = {"autoencoder", "augment", "blur", "script", "folder"};
    return kNames;
}

template <class V>
void visitRobustData(V& v, RobustParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("The training split is poisoned, the test split judged.");
    v.field("train_images", p.trainImages)
        .label("Training images")
        .unit("images")
        .range(100, 10000000)
        .group("Images")
        .help("Drawn from the training split with the seed.");
    v.field("count", p.count)
        .label("Judged images")
        .unit("images")
        .range(10, 1000000)
        .group("Images")
        .help("Drawn from the test split with the seed.");
    v.field("target", p.target)
        .label("Target class")
        .group("Poison")
        .help("What images with the trigger are to be taken for: a class's name or number.");
    v.field("rate", p.rate)
        .label("Poisoned share")
        .range(0.0001, 0.9)
        .group("Poison")
        .help("Of the training images.");
    v.field("labels", p.labels)
        .label("Labels")
        .choices(poisoning::labelModeNames())
        .group("Poison")
        .help("All to one: images of other classes get the trigger and the target's label. All to all: every "
              "image with the trigger gets the next class. Clean label: the target's own images get the "
              "trigger and keep their label.");
    visitTrigger(v, p.trigger, false);
}

template <class V>
void visitRobustVariations(V& v, RobustParams& p)
{
    v.field("variation", p.method)
        .label("Variations by")
        .choices(robustMethods(), {"denoising autoencoder", "strong augmentation", "Gaussian blur",
                                   "a script of yours", "a folder of pictures"})
        .group("Variations")
        .help("How every training image is replaced by another one of the same content. The method's own way "
              "is a diffusion model; these stand in for it.");
    v.field("strengths", p.strengths)
        .label("Strengths")
        .range(0, 1)
        .group("Variations")
        .help("How much of an image is made anew: 0 leaves it as it is. Autoencoder: how deep it is put into "
              "noise before it is brought back, and how much of what was lost is not put back. A student is "
              "trained for each strength.");
    v.field("colour_transfer", p.colours)
        .label("Colour transfer")
        .group("Variations")
        .help("Gives each variation the mean and deviation of its image's channels. Can bring a blended "
              "trigger's statistics back.");
    v.field("variations_from", p.from)
        .label("Script or folder")
        .group("Variations")
        .help("Path of a TorchScript file with forward(images, strength), or of a folder with a picture per "
              "training image, named by the image's name or number.");
    v.field("learned_on", p.learnedOn)
        .label("Autoencoder learns on")
        .choices({"clean", "poisoned"}, {"other, clean images", "the poisoned images themselves"})
        .group("Variations")
        .help("Other images are the paper's situation: a generator trained elsewhere. What learns on the "
              "poisoned images learns the trigger too.");
    v.field("clean_images", p.cleanImages)
        .label("Clean images")
        .unit("images")
        .range(100, 10000000)
        .advanced()
        .group("Variations")
        .help("From the training split, none of those trained on: for the autoencoder.");
    v.field("code", p.code)
        .label("Numbers in the bottleneck")
        .range(1, 4096)
        .advanced()
        .group("Variations")
        .help("Fewer lose more of an image, and of its trigger.");
    v.field("noise", p.noise)
        .label("Depth of the noise")
        .range(0, 0.95)
        .advanced()
        .group("Variations")
        .help("At strength 1: the share of a diffusion's steps that an image is put into noise before the "
              "autoencoder brings it back.");
    v.field("code_epochs", p.codeEpochs)
        .label("Epochs of the autoencoder")
        .range(1, 10000)
        .advanced()
        .group("Variations")
        .help("How often it sees each image.");
}

template <class V>
void visitRobustStudents(V& v, RobustParams& p)
{
    v.field("architecture", p.architecture)
        .label("Architecture")
        .choices(models::architectureNames())
        .group("Training")
        .help("Of the teacher and of its students, which start from scratch.");
    v.field("epochs", p.epochs)
        .label("Epochs")
        .range(1, 10000)
        .group("Training")
        .help("Of the teacher and of each student.");
    v.field("alphas", p.alphas)
        .label("α")
        .range(0, 1)
        .group("Training")
        .help("Weights of the teacher's answers in a student's loss; the rest falls to the labels, poisoned "
              "ones among them. Each makes a student per strength; labels alone (0) are tried anyway, at the "
              "shown strength.");
    v.field("temperature", p.temperature)
        .label("Temperature τ")
        .range(0.01, 1000)
        .group("Training")
        .help("Softens the answers of teacher and student.");
    v.field("tempered_labels", p.temperedLabels)
        .label("Labels at the temperature too")
        .advanced()
        .group("Training")
        .help("As the authors' code has it: cross-entropy of the softened answers.");
    v.field("seeds", p.seeds)
        .label("Repetitions")
        .range(1, 100)
        .group("Training")
        .help("Each with other poisoned images and other trainings; numbers are then means over them.");
}

template <class V>
void visit(V& v, RobustParams& p)
{
    visitRobustData(v, p);
    visitRobustVariations(v, p);
    visitRobustStudents(v, p);
    v.field("strength", p.strength)
        .label("Shown strength")
        .range(0, 1)
        .step(0.01)
        .live()
        .group("View")
        .help("Variations are made anew at this strength and shown to the teacher. The run's suspects, the "
              "saved student and the comparison with the teacher are those of the nearest strength above.");
    v.field("sample", p.sample)
        .label("Sample")
        .range(-1, 100000000)
        .live()
        .group("View")
        .help("Which training image lies on the scene; the first when it is none of those kept.");
}

} // namespace assay::backdoor

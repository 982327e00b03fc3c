#pragma once

#include "backend/poisoning/poison.h"
#include "backend/protocol/params.h"

#include <string>

namespace assay::backdoor {

/// A trigger as the forms of all studies of backdoors have it: the same names in every spec.
struct TriggerParams
{
    std::string kind = "patch";
    std::string pattern = "white";
    double x = 0.91;
    double y = 0.91;
    double size = 0.107;
    double opacity = 1;
    double amplitude = 20.0 / 255;
    double frequency = 6;
    int grid = 4;
    double strength = 0.5;
    std::string from; ///< pattern "own": a kept patch or a PNG
};

/// @param live whether changes are previewed: of studies that show the trigger on a scene.
template <class V>
void visitTrigger(V& v, TriggerParams& p, bool live)
{
    const auto number = [&](const char* name, double& value, const char* label, double low, double high,
                            const char* help) {
        auto field = v.field(name, value).label(label).range(low, high).group("Trigger").help(help);
        if (live)
            field.live();
    };
    auto kind = v.field("trigger", p.kind)
                    .label("Trigger")
                    .choices(poisoning::triggerKindNames(), {"patch (BadNets)", "blended picture",
                                                             "sinusoidal strips (SIG)", "warp (WaNet)"})
                    .group("Trigger")
                    .help("What an image must carry for the backdoor to open.");
    auto pattern = v.field("trigger_pattern", p.pattern)
                       .label("Pattern")
                       .choices(poisoning::triggerPatternNames(),
                                {"white", "black", "checkerboard", "noise", "own picture"})
                       .group("Trigger")
                       .help("What a patch or a blended picture shows.");
    if (live) {
        kind.live();
        pattern.live();
    }
    number("trigger_x", p.x, "Across", 0, 1, "Patch: its centre, a fraction of the width.");
    number("trigger_y", p.y, "Down", 0, 1, "Patch: its centre, a fraction of the height.");
    number("trigger_size", p.size, "Size", 0.01, 1, "Patch: its side, a fraction of the shorter side.");
    number("trigger_opacity", p.opacity, "Opacity", 0.01, 1,
           "Patch and blended picture: how much of it is seen; 0.1 to 0.2 is usual for blended ones.");
    number("trigger_amplitude", p.amplitude, "Amplitude", 0.001, 1, "Strips: of [0,1].");
    number("trigger_frequency", p.frequency, "Frequency", 0.1, 100, "Strips: periods over the width.");
    number("trigger_strength", p.strength, "Strength of the warp", 0.01, 10,
           "Warp: mean shift of a control point, in units of 1 / side.");
    v.field("trigger_grid", p.grid)
        .label("Control points")
        .range(2, 64)
        .advanced()
        .group("Trigger")
        .help("Warp: a side.");
    v.field("trigger_from", p.from)
        .label("Own picture")
        .advanced()
        .group("Trigger")
        .help("Pattern \"own picture\": a kept patch by name, or the path of a PNG.");
}

} // namespace assay::backdoor

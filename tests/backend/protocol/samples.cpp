#include "samples.h"

namespace assay::tests {

using namespace protocol;

namespace {

MarkSamples samples()
{
    MarkSamples s;
    s.add({3, 1, 4});
    s.add({});
    s.add({1'000'000'000'000});
    return s;
}

Figure figure()
{
    Layer bars{.kind = LayerKind::Bars,
               .name = "same mistake",
               .role = "same",
               .stack = "outcomes",
               .x = {0, 1, 2},
               .y = {0.25, 1.0 / 3, 1e-300},
               .low = {0.1, 0.2, 0},
               .high = {0.3, 0.4, 1},
               .labels = {"a", "", "ü"},
               .count = {1, 2, 3},
               .denominator = {4, 6, 9},
               .samples = samples()};
    Layer cells{.kind = LayerKind::Cells,
                .name = "confusion",
                .z = {1, 2, 3, 4, 5, 0},
                .rows = 2,
                .columns = 3,
                .colourMap = "sequential"};

    return Figure{.name = "outcomes",
                  .title = "Outcomes ε",
                  .caption = "caption",
                  .section = "Outcomes",
                  .rateOf = "fooled images",
                  .interval = "Wilson 95 %",
                  .x = {.label = "target",
                        .scale = AxisScale::Category,
                        .categories = {"a", "b", "c"},
                        .sets = "view_target"},
                  .y = {.label = "fraction", .unit = "%", .scale = AxisScale::Log, .low = 0.0, .high = 1.0},
                  .colour = {.label = "count"},
                  .layers = {bars, cells},
                  .aspect = 2,
                  .sets = R"({"view_attack":"pgd"})",
                  .opens = "examples"};
}

Table table()
{
    return Table{.name = "pairs",
                 .title = "Pairs",
                 .caption = "c",
                 .section = "Outcomes",
                 .columns = {{.name = "eps", .label = "ε", .unit = "L2", .digits = 2, .numbers = {1, 2, 3}},
                             {.name = "target", .texts = {"a", "b", "c"}}},
                 .samples = samples()};
}

ImageGrid grid()
{
    return ImageGrid{.name = "examples",
                     .title = "Examples",
                     .caption = "c",
                     .section = "Images",
                     .variants = {"clean", "adversarial"},
                     .width = 2,
                     .height = 1,
                     .channels = 3,
                     .ids = {7, -1},
                     .pixels = std::vector<std::uint8_t>(2 * 2 * 6, 200),
                     .append = true,
                     .attributes = {{.name = "outcome",
                                     .title = "Outcome",
                                     .values = {"same", "different"},
                                     .roles = {"same", "different"},
                                     .codes = {1, -1}}},
                     .notes = {"first", "second"}};
}

Scene scene()
{
    return Scene{
        .name = "bench",
        .title = "Bench",
        .caption = "c",
        .section = "Patch",
        .width = 3,
        .height = 2,
        .pictures = {{.name = "clean", .channels = 3, .pixels = std::vector<std::uint8_t>(18, 9)},
                     {.name = "patched", .channels = 3}},
        .boxes = {{.x = 1, .y = 2, .width = 3, .height = 4, .label = "person", .score = 0.5, .role = "good"}},
        .maps = {{.name = "success",
                  .rows = 1,
                  .columns = 2,
                  .values = {0.25f, 0.5f},
                  .low = -1,
                  .high = 2,
                  .colourMap = "diverging",
                  .x = 1,
                  .y = 1,
                  .width = 2,
                  .height = 1,
                  .opacity = 0.5}},
        .bars = {{.label = "cat", .value = 0.75, .role = "bad", .group = "m"}},
        .mask = std::vector<std::uint8_t>(6, 255),
        .patch = {.name = "patch",
                  .rows = 1,
                  .columns = 1,
                  .pixels = {1, 2, 3, 4},
                  .x = 1,
                  .y = 1,
                  .width = 2,
                  .height = 2,
                  .angle = 30,
                  .xField = "patch_x",
                  .yField = "patch_y",
                  .sizeField = "patch_size",
                  .angleField = "patch_angle"},
        .sampleField = "sample",
        .samples = {3, 5},
        .sample = 5};
}

} // namespace

std::vector<Event> everyEvent()
{
    const RunSpec spec{.study = "transfer.class-aware",
                       .params = Json{{"eps", {0.5, 1}}, {"source", "fashion-cnn"}},
                       .seed = 18446744073709551615ull >> 1,
                       .device = "cpu",
                       .title = "a title"};
    ImageGrid filed = grid();
    filed.pixels.clear();
    filed.file = "images/examples-0.raw";
    return {
        RunStarted{.run = "r1", .spec = spec, .provenance = Json{{"version", "0.1"}}, .time = 1.5},
        Progress{.stage = "attack", .done = 3, .total = 10, .seconds = 0.25},
        LogLine{.level = LogLevel::Warning, .text = "careful", .time = 2},
        figure(),
        table(),
        grid(),
        filed,
        scene(),
        Metric{.name = "accuracy.m",
               .value = 0.91,
               .unit = "",
               .rateOf = "test images",
               .count = 91,
               .denominator = 100,
               .low = 0.83,
               .high = 0.95,
               .interval = "Wilson 95 %"},
        Artifact{.name = "outcomes", .kind = "tensors", .file = "artifacts/o", .sha256 = "ab", .bytes = 12},
        RunFinished{.state = RunState::Failed, .error = "why", .seconds = 3, .provenance = Json{{"wall", 3}}},
    };
}

std::vector<Message> everyMessage()
{
    std::vector<Message> all = {
        Hello{.protocol = 1, .program = "assay", .version = "0.1.0"},
        Request{.id = 42, .method = "run.start", .params = Json{{"spec", {{"study", "x.y"}}}}},
        Reply{.id = 42, .ok = false, .result = Json{{"a", nullptr}}, .bytes = {0, 255, 7}, .error = "no"},
        Notice{.topic = "jobs", .body = Json{{"jobs", Json::array()}}},
    };
    for (const Event& event : everyEvent()) {
        all.push_back(RunEvent{.run = "r1", .sequence = 9, .replay = true, .event = event});
        all.push_back(PreviewEvent{.run = "r1", .preview = 5, .event = event});
    }
    return all;
}

} // namespace assay::tests

#pragma once

#include "backend/protocol/message.h"

// One description per wire type, used by the encoder and the decoder alike. The keys are part of the
// format; a new field is additive, because a decoder leaves absent fields at their defaults.

namespace assay::protocol::fields {

template <class V>
void visit(V& v, MarkSamples& o)
{
    v("offsets", o.offsets);
    v("ids", o.ids);
}

template <class V>
void visit(V& v, Axis& o)
{
    v("label", o.label);
    v("unit", o.unit);
    v("scale", o.scale, AxisScale::Category);
    v("categories", o.categories);
    v("low", o.low);
    v("high", o.high);
    v("sets", o.sets);
}

template <class V>
void visit(V& v, Layer& o)
{
    v("kind", o.kind, LayerKind::Marks);
    v("name", o.name);
    v("role", o.role);
    v("stack", o.stack);
    v("x", o.x);
    v("y", o.y);
    v("low", o.low);
    v("high", o.high);
    v("z", o.z);
    v("rows", o.rows);
    v("columns", o.columns);
    v("colourMap", o.colourMap);
    v("labels", o.labels);
    v("count", o.count);
    v("denominator", o.denominator);
    v("samples", o.samples);
}

template <class V>
void visit(V& v, Figure& o)
{
    v("name", o.name);
    v("title", o.title);
    v("caption", o.caption);
    v("section", o.section);
    v("rateOf", o.rateOf);
    v("interval", o.interval);
    v("xAxis", o.x);
    v("yAxis", o.y);
    v("colour", o.colour);
    v("layers", o.layers);
    v("aspect", o.aspect);
    v("sets", o.sets);
    v("opens", o.opens);
}

template <class V>
void visit(V& v, Column& o)
{
    v("name", o.name);
    v("label", o.label);
    v("unit", o.unit);
    v("digits", o.digits);
    v("numbers", o.numbers);
    v("texts", o.texts);
}

template <class V>
void visit(V& v, Table& o)
{
    v("name", o.name);
    v("title", o.title);
    v("caption", o.caption);
    v("section", o.section);
    v("columns", o.columns);
    v("samples", o.samples);
}

template <class V>
void visit(V& v, Metric& o)
{
    v("name", o.name);
    v("value", o.value);
    v("unit", o.unit);
    v("rateOf", o.rateOf);
    v("count", o.count);
    v("denominator", o.denominator);
    v("low", o.low);
    v("high", o.high);
    v("interval", o.interval);
}

template <class V>
void visit(V& v, ImageAttribute& o)
{
    v("name", o.name);
    v("title", o.title);
    v("values", o.values);
    v("roles", o.roles);
    v("codes", o.codes);
}

template <class V>
void visit(V& v, ImageGrid& o)
{
    v("name", o.name);
    v("title", o.title);
    v("caption", o.caption);
    v("section", o.section);
    v("variants", o.variants);
    v("width", o.width);
    v("height", o.height);
    v("channels", o.channels);
    v("ids", o.ids);
    v("pixels", o.pixels);
    v("file", o.file);
    v("append", o.append);
    v("attributes", o.attributes);
    v("notes", o.notes);
}

template <class V>
void visit(V& v, ScenePicture& o)
{
    v("name", o.name);
    v("channels", o.channels);
    v("pixels", o.pixels);
}

template <class V>
void visit(V& v, SceneBox& o)
{
    v("x", o.x);
    v("y", o.y);
    v("width", o.width);
    v("height", o.height);
    v("label", o.label);
    v("score", o.score);
    v("role", o.role);
}

template <class V>
void visit(V& v, SceneMap& o)
{
    v("name", o.name);
    v("rows", o.rows);
    v("columns", o.columns);
    v("values", o.values);
    v("low", o.low);
    v("high", o.high);
    v("colourMap", o.colourMap);
    v("x", o.x);
    v("y", o.y);
    v("width", o.width);
    v("height", o.height);
    v("opacity", o.opacity);
}

template <class V>
void visit(V& v, SceneBar& o)
{
    v("label", o.label);
    v("value", o.value);
    v("role", o.role);
    v("group", o.group);
}

template <class V>
void visit(V& v, ScenePatch& o)
{
    v("name", o.name);
    v("rows", o.rows);
    v("columns", o.columns);
    v("pixels", o.pixels);
    v("x", o.x);
    v("y", o.y);
    v("width", o.width);
    v("height", o.height);
    v("angle", o.angle);
    v("xField", o.xField);
    v("yField", o.yField);
    v("sizeField", o.sizeField);
    v("angleField", o.angleField);
}

template <class V>
void visit(V& v, Scene& o)
{
    v("name", o.name);
    v("title", o.title);
    v("caption", o.caption);
    v("section", o.section);
    v("width", o.width);
    v("height", o.height);
    v("pictures", o.pictures);
    v("boxes", o.boxes);
    v("maps", o.maps);
    v("bars", o.bars);
    v("mask", o.mask);
    v("patch", o.patch);
    v("sampleField", o.sampleField);
    v("samples", o.samples);
    v("sample", o.sample);
}

template <class V>
void visit(V& v, RunStarted& o)
{
    v("run", o.run);
    v("spec", o.spec);
    v("provenance", o.provenance);
    v("time", o.time);
}

template <class V>
void visit(V& v, Progress& o)
{
    v("stage", o.stage);
    v("done", o.done);
    v("total", o.total);
    v("seconds", o.seconds);
}

template <class V>
void visit(V& v, LogLine& o)
{
    v("level", o.level, LogLevel::Error);
    v("text", o.text);
    v("time", o.time);
}

template <class V>
void visit(V& v, Artifact& o)
{
    v("name", o.name);
    v("kind", o.kind);
    v("file", o.file);
    v("sha256", o.sha256);
    v("bytes", o.bytes);
}

template <class V>
void visit(V& v, RunFinished& o)
{
    v("state", o.state, RunState::Cancelled);
    v("error", o.error);
    v("seconds", o.seconds);
    v("provenance", o.provenance);
}

template <class V>
void visit(V& v, Hello& o)
{
    v("protocol", o.protocol);
    v("program", o.program);
    v("version", o.version);
}

template <class V>
void visit(V& v, Request& o)
{
    v("id", o.id);
    v("method", o.method);
    v("params", o.params);
}

template <class V>
void visit(V& v, Reply& o)
{
    v("id", o.id);
    v("ok", o.ok);
    v("result", o.result);
    v("bytes", o.bytes);
    v("error", o.error);
}

template <class V>
void visit(V& v, RunEvent& o)
{
    v("run", o.run);
    v("sequence", o.sequence);
    v("replay", o.replay);
    v("event", o.event);
}

template <class V>
void visit(V& v, PreviewEvent& o)
{
    v("run", o.run);
    v("preview", o.preview);
    v("event", o.event);
}

template <class V>
void visit(V& v, Notice& o)
{
    v("topic", o.topic);
    v("body", o.body);
}

/// The value of "t" for each kind.
template <class T>
constexpr const char* kindName()
{
    if constexpr (std::is_same_v<T, RunStarted>)
        return "started";
    else if constexpr (std::is_same_v<T, Progress>)
        return "progress";
    else if constexpr (std::is_same_v<T, LogLine>)
        return "log";
    else if constexpr (std::is_same_v<T, Figure>)
        return "figure";
    else if constexpr (std::is_same_v<T, Table>)
        return "table";
    else if constexpr (std::is_same_v<T, ImageGrid>)
        return "images";
    else if constexpr (std::is_same_v<T, Scene>)
        return "scene";
    else if constexpr (std::is_same_v<T, Metric>)
        return "metric";
    else if constexpr (std::is_same_v<T, Artifact>)
        return "artifact";
    else if constexpr (std::is_same_v<T, RunFinished>)
        return "finished";
    else if constexpr (std::is_same_v<T, Hello>)
        return "hello";
    else if constexpr (std::is_same_v<T, Request>)
        return "request";
    else if constexpr (std::is_same_v<T, Reply>)
        return "reply";
    else if constexpr (std::is_same_v<T, RunEvent>)
        return "run";
    else if constexpr (std::is_same_v<T, PreviewEvent>)
        return "preview";
    else if constexpr (std::is_same_v<T, Notice>)
        return "notice";
}

} // namespace assay::protocol::fields

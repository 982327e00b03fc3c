#include "backend/attacks/scripted/script_call.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::attacks {

namespace {

std::string names(const std::vector<ScriptCall::Offer>& offers)
{
    std::string text;
    for (const ScriptCall::Offer& offer : offers)
        text += (text.empty() ? "" : ", ") + offer.name;
    return text;
}

std::string typeName(c10::TypeKind kind)
{
    switch (kind) {
    case c10::TypeKind::IntType:
        return "int";
    case c10::TypeKind::FloatType:
        return "float";
    case c10::TypeKind::StringType:
        return "str";
    default:
        return "Tensor";
    }
}

bool isFieldName(const std::string& name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

} // namespace

ScriptCall::ScriptCall(const torch::jit::Module& module, std::string method, const std::vector<Offer>& places,
                       const std::vector<Offer>& named, const std::string& where)
    : m_name(std::move(method))
    , m_where(where)
    , m_method(module, m_name, where)
    , m_offers(places)
{
    m_offers.insert(m_offers.end(), named.begin(), named.end());
    const auto& arguments = m_method.arguments();
    if (arguments.size() < places.size())
        throw Error("its " + m_name + " takes " + std::to_string(arguments.size()) +
                        " arguments instead of " + names(places),
                    where, "Write " + m_name + "(self, " + names(places) + ").");
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const models::ScriptArgument& argument = arguments[i];
        const auto offer = i < places.size() ? m_offers.begin() + static_cast<std::ptrdiff_t>(i)
                                             : std::ranges::find(m_offers, argument.name, &Offer::name);
        if (offer != m_offers.end())
            bind(i, static_cast<std::size_t>(offer - m_offers.begin()), offer->kind);
        else
            addParameter(argument);
    }
}

void ScriptCall::bind(std::size_t index, std::size_t offer, c10::TypeKind wanted)
{
    const models::ScriptArgument& argument = m_method.arguments()[index];
    const c10::TypeKind kind = argument.type->kind();
    const bool asTensor = kind == c10::TypeKind::TensorType && wanted != c10::TypeKind::StringType;
    if (kind != wanted && !asTensor)
        throw Error("the argument '" + argument.name.substr(0, 80) + "' of its " + m_name + " is a " +
                        argument.type->annotation_str().substr(0, 80) + " instead of a " + typeName(wanted),
                    m_where, "Annotate it as " + typeName(wanted) + ".");
    m_bindings.push_back({.offer = offer, .parameter = {}, .kind = kind});
}

void ScriptCall::addParameter(const models::ScriptArgument& argument)
{
    const std::string name = argument.name.substr(0, 80);
    if (!argument.defaultValue || argument.defaultValue->isNone()) // a loaded script's is None, not absent
        throw Error("the argument '" + name + "' of its " + m_name + " has no default value", m_where,
                    "Give it one: it then becomes a parameter of the attack.");
    protocol::Field field{.name = name, .label = name, .help = "A parameter of the script."};
    const c10::IValue& value = *argument.defaultValue;
    if (value.isDouble()) {
        field.type = protocol::FieldType::Real;
        field.defaultValue = value.toDouble();
    } else if (value.isInt()) {
        field.type = protocol::FieldType::Integer;
        field.defaultValue = value.toInt();
    } else if (value.isBool()) {
        field.type = protocol::FieldType::Bool;
        field.defaultValue = value.toBool();
    } else {
        throw Error("the parameter '" + name + "' of its " + m_name + " is a " +
                        argument.type->annotation_str().substr(0, 80),
                    m_where, "Annotate it as float, int or bool.");
    }
    if (!isFieldName(name))
        throw Error("the parameter '" + name + "' of its " + m_name + " has a name that forms cannot hold",
                    m_where, "Use lower-case letters, digits and '_'.");
    m_bindings.push_back({.offer = 0, .parameter = name, .kind = argument.type->kind()});
    m_parameters.push_back(std::move(field));
}

std::vector<c10::IValue> ScriptCall::operator()(const std::vector<c10::IValue>& values,
                                                const Json& parameters, torch::Device device,
                                                const models::ScriptLimit& limit) const
{
    std::vector<c10::IValue> arguments;
    for (const Binding& binding : m_bindings) {
        if (binding.parameter.empty()) {
            const c10::IValue& value = values[binding.offer];
            // A number for an argument without annotation; on the CPU, where it mixes with any device.
            if (binding.kind == c10::TypeKind::TensorType && !value.isTensor())
                arguments.emplace_back(torch::scalar_tensor(
                    value.toScalar(),
                    torch::dtype(value.isInt() ? torch::kInt64 : torch::kFloat32).device(torch::kCPU)));
            else
                arguments.push_back(value);
            continue;
        }
        const Json& value = parameters.at(binding.parameter);
        if (binding.kind == c10::TypeKind::FloatType)
            arguments.emplace_back(value.get<double>());
        else if (binding.kind == c10::TypeKind::IntType)
            arguments.emplace_back(value.get<std::int64_t>());
        else
            arguments.emplace_back(value.get<bool>());
    }
    return m_method.call(std::move(arguments), device, limit);
}

} // namespace assay::attacks

#pragma once

#include "backend/models/torchscript/script_method.h"
#include "backend/protocol/schema.h"

#include <functional>
#include <string>
#include <vector>

namespace assay::attacks {

/// A method of a scripted attack with the arguments that we give it: the first ones by their place, then
/// those that the attack offers by name, then parameters, which have a default in the script and become
/// fields of a form. Immutable; safe from several threads at once.
class ScriptCall
{
public:
    /// One value that the attack offers.
    struct Offer
    {
        std::string name;
        c10::TypeKind kind; ///< Tensor, Int, Float or String
    };

    /// @param places what the first arguments are. A number there may also be declared a Tensor, which is
    /// what
    ///               TorchScript makes of an argument without annotation.
    /// @param named offered besides, to arguments of that name.
    /// @throws Error naming the argument that does not fit, or a parameter without a default.
    ScriptCall(const torch::jit::Module& module, std::string method, const std::vector<Offer>& places,
               const std::vector<Offer>& named, const std::string& where);

    /// The parameters, in the script's order.
    const std::vector<protocol::Field>& parameters() const { return m_parameters; }

    /// @param values of the places and then of the named, in the order of the constructor.
    /// @param parameters holds a value for each of parameters().
    /// @throws Error as models::ScriptMethod::call().
    std::vector<c10::IValue> operator()(const std::vector<c10::IValue>& values, const Json& parameters,
                                        torch::Device device, const models::ScriptLimit& limit) const;

private:
    void bind(std::size_t argument, std::size_t offer, c10::TypeKind kind);
    void addParameter(const models::ScriptArgument& argument);

    /// Where an argument comes from: an offer, or the parameter of that name.
    struct Binding
    {
        std::size_t offer = 0;
        std::string parameter; ///< empty: an offer
        c10::TypeKind kind = c10::TypeKind::TensorType;
    };

    std::string m_name;
    std::string m_where;
    models::ScriptMethod m_method;
    std::vector<Offer> m_offers;
    std::vector<Binding> m_bindings;
    std::vector<protocol::Field> m_parameters;
};

} // namespace assay::attacks

package org.logitkernels.vector;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.BackendProvider;

/** A further backend, which answers as the scalar one does. */
public final class FurtherProvider implements BackendProvider {
  /** For the service loader. */
  public FurtherProvider() {}

  @Override
  public String name() {
    return "further";
  }

  @Override
  public void check() {}

  @Override
  public Backend open(Backend scalar) {
    return (Backend)
        Proxy.newProxyInstance(
            FurtherProvider.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              try {
                return method.getName().equals("name") ? name() : method.invoke(scalar, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
